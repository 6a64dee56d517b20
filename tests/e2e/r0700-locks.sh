#!/bin/sh
# The 2025 article's app by uv.lock, poetry.lock and pylock.toml: what is locked is what runs, by
# uv and by pip; a lock that does not fit, or whose hash is not the package's, is refused.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
wants_python 3.9

app_from blog2025 blog
# pyproject.toml's wish is one that a newer Django meets too: only the lock says 3.2.11.
mkdir dists
"$python" -m pip download -q --only-binary=:all: -d dists -r blog/requirements.txt >download.log 2>&1 || {
	cat download.log
	exit 1
}
server_new blog
slugbuild config:set -a blog SECRET_KEY=76419fd6885a677f802f >set.log 2>&1 || cat set.log
uv=''
if "$python" -m venv tools && tools/bin/pip install -q uv >uv.log 2>&1; then uv=$WORK/tools/bin/uv; fi

wishes() { sed -n 's/^\([A-Za-z_-]*\)==.*/\1/p' "$top/tests/apps/blog2025/requirements.txt" | tr 'A-Z_' 'a-z-'; }

# project uv|poetry: a pyproject.toml, and no other file that says what to install.
project()
{
	rm -f blog/requirements.txt blog/*.lock blog/pylock.toml blog/pyproject.toml blog/Pipfile
	if [ "$1" = poetry ]; then
		printf '[tool.poetry]\nname = "blog"\nversion = "1"\ndescription = ""\nauthors = []\npackage-mode = false\n\n'
		printf '[tool.poetry.dependencies]\npython = "^3.9"\n'
		wishes | sed 's/.*/& = "*"/; s/^django = .*/django = "~3.2"/'
	else
		printf '[project]\nname = "blog"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = [\n'
		wishes | sed 's/^django$/django>=3.2,<3.3/; s/.*/    "&",/'
		printf ']\n'
	fi >blog/pyproject.toml
}

locked() { python3 "$top/tests/e2e/write_locks.py" "$1" dists blog/pyproject.toml "blog/$2"; }

runs_locked()
{
	slugbuild run -a blog -- python -c "import django; print(django.VERSION)" >version
	has "(3, 2, 11, " version
}

# lies FILE: another hash for each file of Django.
lies()
{
	digest=$(sha256sum dists/[Dd]jango-3.2.11-*.whl | cut -d' ' -f1)
	sed -i "s/$digest/$(printf %064d 0)/" "$1"
	has "$(printf %064d 0)" "$1"
}

by_uv()
{
	settings useUv false
	project uv
	if [ -n "$uv" ]; then
		(cd blog && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt UV_PYTHON_DOWNLOADS=never \
			"$uv" lock -q --python "$python" --upgrade-package django==3.2.11)
	else
		locked uv uv.lock
	fi
}

t 'by uv.lock, installed by pip' '
	by_uv
	commit blog "Use uv"
	push blog
	has "using pip" push.log
	runs_locked
'

if [ -n "$uv" ]; then
	t 'by uv.lock, installed by uv, which the output says' '
		settings uv "$uv" useUv true
		commit blog again
		push blog
		has "using uv 0." push.log
		hasnt "using pip" push.log
		runs_locked
		git config --global --unset slugbuild.uv
		settings useUv false
	'
else
	skip 'by uv.lock, installed by uv, which the output says' 'uv cannot be installed from this index'
fi

t 'a uv.lock that pyproject.toml has left behind is refused' '
	sed -i "s/django>=3.2,<3.3/django>=4.0/" blog/pyproject.toml
	commit blog "Forgets uv lock"
	refused blog
	has "error[lock-stale]: uv.lock" push.log
	has "uv lock" push.log
'

t 'a hash in uv.lock that is not the package'\''s is refused' '
	by_uv
	sed -i "/django-3.2.11/s/sha256:[0-9a-f]*/sha256:$(printf %064d 0)/;/Django-3.2.11/s/sha256:[0-9a-f]*/sha256:$(printf %064d 0)/" blog/uv.lock
	commit blog "A lock that lies"
	refused blog
	grep -qi django push.log
	grep -qi hash push.log
'

t 'by poetry.lock' '
	project poetry
	locked poetry poetry.lock
	commit blog "Use Poetry"
	push blog
	runs_locked
'

t 'a poetry.lock that pyproject.toml has left behind is refused' '
	sed -i "s/^django = .*/django = \"~4.0\"/" blog/pyproject.toml
	commit blog "Forgets poetry lock"
	refused blog
	has "error[lock-stale]: poetry.lock" push.log
	has "poetry lock" push.log
'

t 'a hash in poetry.lock that is not the package'\''s is refused' '
	project poetry
	locked poetry poetry.lock
	lies blog/poetry.lock
	commit blog "A lock that lies"
	refused blog
	grep -qi django push.log
	grep -qi hash push.log
'

t 'by pylock.toml' '
	project uv
	locked pylock pylock.toml
	rm blog/pyproject.toml
	commit blog "Use pylock.toml"
	push blog
	runs_locked
'

t 'a hash in pylock.toml that is not the package'\''s is refused' '
	lies blog/pylock.toml
	commit blog "A lock that lies"
	refused blog
	grep -qi hash push.log
'

t 'a stale Pipfile.lock is refused, naming pipenv lock' '
	rm -f blog/pylock.toml
	cp "$top/tests/apps/blog2025-pipenv/Pipfile" "$top/tests/apps/blog2025-pipenv/Pipfile.lock" blog/
	sed -i "s/^django = .*/django = \"==3.2.25\"/" blog/Pipfile
	commit blog "Forgets pipenv lock"
	refused blog
	has "pipenv lock" push.log
'

done_testing
