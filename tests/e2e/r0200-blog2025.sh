#!/bin/sh
# The 2025 article: Python 3.9, Django 3.2, by requirements.txt and by Pipfile and its lock.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
wants_python 3.9
wants_runit

app_from blog2025 blog
server_new blog
runit_start

t 'without SECRET_KEY the error names it, the line and the cure' '
	refused blog
	has SECRET_KEY push.log
	has "config:set SECRET_KEY=" push.log
	has "blog/settings.py" push.log
'

t 'by requirements.txt it deploys and serves its page and its style sheet' '
	slugbuild config:set -a blog SECRET_KEY=76419fd6885a677f802fd1d2b5acd0188e23e001042b05a8 DISABLE_COLLECTSTATIC=0
	push blog
	get "$(url_of blog)/" >page
	has "Techniques" page
	get "$(url_of blog)/static/site.css" | grep navy
	hasnt 76419fd6885a push.log
'

t 'what was installed is what was asked for' '
	slugbuild run -a blog -- python -c "import django, sys; print(django.__version__, sys.version_info[:2])" >versions
	has "3.2.11 (3, 9)" versions
	jq -e ".provenance.packages | map(ascii_downcase) | index(\"django==3.2.11\")" "$(manifest_of blog)"
'

t 'by Pipfile and Pipfile.lock it deploys just so' '
	git -C blog rm -q requirements.txt
	cp "$top/tests/apps/blog2025-pipenv/Pipfile" "$top/tests/apps/blog2025-pipenv/Pipfile.lock" blog/
	commit blog "Use pipenv"
	push blog
	get "$(url_of blog)/" | grep Techniques
	slugbuild run -a blog -- python -c "import django; print(django.__version__)" | grep 3.2.11
'

t 'a Pipfile that its lock does not belong to is refused' '
	sed -i "s/^whitenoise = .*/whitenoise = \"==5.2.0\"/" blog/Pipfile
	commit blog "Forgets pipenv lock"
	refused blog
	has Pipfile.lock push.log
	has "pipenv lock" push.log
	git -C blog reset -q --hard HEAD~1
'

t 'a lock whose hash is not that of the package is refused' '
	jq --indent 4 "(.default.whitenoise.hashes) = [\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"]" \
		blog/Pipfile.lock >lock && mv lock blog/Pipfile.lock
	commit blog "A lock that lies"
	refused blog
	has whitenoise push.log
	git -C blog reset -q --hard HEAD~1
'

runit_stop
done_testing
