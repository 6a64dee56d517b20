#!/bin/sh
# shellcheck disable=SC2016
# The probe of a real Django site is remembered by what it read: after each kind of change that could
# matter it is asked anew, after others it is not, and what is said is each time what a build that
# remembers nothing says.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python

bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
reused='Checking the app: nothing it read has changed'
app_from counter blog
"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >blog/.python-version
cat >>blog/project/settings.py <<-'END'
	STORAGES = {
	    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
	    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
	}
END
mkdir -p blog/helloworld/static blog/docs
echo 'b { color: red }' >blog/helloworld/static/there.css
echo '{% load static %}{% static "there.css" %}' >blog/helloworld/templates/more.html
echo x >blog/docs/x
echo "# Blog" >blog/README.md
commit blog "Something to look at"
server_new blog
key=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
slugbuild config:set SECRET_KEY=$key -a blog >/dev/null 2>&1

# Its findings in `said`; a refusal counts as an answer.
build()
{
	slugbuild build blog -a blog -o now.tar.gz >build.log 2>&1 || [ $? -le 3 ] || { cat build.log; return 1; }
	awk '/^[ !]*(warning|error)\[/ { on = 1 } /^----->|^ *[0-9]+ (warning|error)s?/ { on = 0 } on' build.log >said
}
# The last build said $1 ("": nothing in particular), and just what one says that knows no former runs.
like_fresh()
{
	cp said before
	[ -z "$1" ] || tr -s ' \n' ' ' <before | grep -qF "$1" || { cat build.log; return 1; }
	mv "$root/store/traces" aside
	build
	rm -rf "$root/store/traces"
	mv aside "$root/store/traces"
	hasnt "$reused" build.log
	diff -u before said
}
# Until it is remembered: one record is kept, that of the last tree.
good()
{
	for turn in 1 2 3; do
		build
		if grep -q "$reused" build.log; then return; fi
	done
	fail "not remembered after $turn runs"
}
# From a tree that is remembered to one that is changed by $2, in the app's folder, and asked anew.
changed()
{
	good
	cp said of_good
	(cd blog && eval "$2")
	commit blog "$2"
	build
	hasnt "$reused" build.log
	like_fresh "$1"
	fails cmp -s of_good before
}
back() { git -C blog reset -q --hard good; }

t 'remembered once two runs have said the same' '
	build
	hasnt "$reused" build.log
	build
	hasnt "$reused" build.log
	build
	has "$reused" build.log
	like_fresh security.W008
	git -C blog tag good
'
t 'an edit where it does not look asks nothing; what is said is what a fresh run says' '
	echo y >blog/docs/x
	echo "More" >>blog/README.md
	mkdir blog/docs/data && seq 100 >blog/docs/data/numbers.csv
	commit blog "Documentation, data"
	build
	has "$reused" build.log
	like_fresh security.W008
	back
'
t 'settings' 'changed security.W004 "echo SECURE_SSL_REDIRECT = True >>project/settings.py"; hasnt W008 before; back'
t 'a model' '
	changed "[migrations-missing]: helloworld/models.py" "sed -i \"s/^class .*/&\n    seen = models.BooleanField(default=False)/\" helloworld/models.py"
	back
'
t 'a URLconf' 'changed "[deploy-check]: helloworld/urls.py:" "echo import no_such_module >>helloworld/urls.py"; back'
t 'a new template' '
	changed "[static-entry-missing]: helloworld/templates/logo.html:2" \
		"printf \"{%% load static %%}\n{%% static \\\"logo.png\\\" %%}\" >helloworld/templates/logo.html"
	back
'
t 'a template that was there' '
	changed "[static-entry-missing]: helloworld/templates/more.html:1" "sed -i s/there.css/gone.css/ helloworld/templates/more.html"
	back
'
t 'a config var' '
	good
	slugbuild config:set SECRET_KEY=short -a blog >/dev/null 2>&1
	build
	hasnt "$reused" build.log
	like_fresh security.W009
	slugbuild config:set SECRET_KEY=$key -a blog >/dev/null 2>&1
	good
	hasnt W009 said
'
t 'a dependency' 'changed whitenoise "sed -i /^whitenoise/d requirements.txt"; back; good'
done_testing
