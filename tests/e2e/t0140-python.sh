#!/bin/sh
# Which interpreter an app gets. The machine's own python3 is the only real one; a newer one is
# a script that says so, and that nobody may choose who does not ask for it.
. "$(dirname "$0")/lib.sh"

minor=$(/usr/bin/python3 -c 'import sys; print(sys.version_info[1])')
full=$(/usr/bin/python3 -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
app_new blog
server_new blog

# says TEXT: in the push's report, however that was broken into lines.
says()
{
	sed 's/^remote: *//; s/^ *! *//' push.log | tr -s ' \n' ' ' >said
	has "$1" said
}

# wish FILE LINE…: the only file that says which Python.
wish()
{
	rm -f blog/.python-version blog/runtime.txt blog/pyproject.toml
	wished=$1
	shift
	printf '%s\n' "$@" >"blog/$wished"
	commit blog "Ask for it in $wished"
}

# At its first place, so that "the newest" would be this one.
fake_python()
{
	mkdir -p fake/bin
	cat >fake/bin/python3.99 <<-END
		#!/bin/sh
		/usr/bin/python3 "\$@" | sed 's/"$full"/"3.99.1"/'
	END
	chmod 755 fake/bin/python3.99
	settings pythonPath "$WORK/fake"
}

t 'an exact patch that is not there: the newest of the minor, with a warning' '
	wish .python-version "3.$minor.99"
	push blog
	says "Python 3.$minor.99 is not installed here: using $full"
'

t 'pythonStrict refuses it, says where it was asked for and lists what is installed' '
	settings pythonStrict true
	commit blog again
	refused blog
	says "Python 3.$minor.99 is not installed on this server"
	says "$full"
	says ".python-version:1"
	says "pyenv install 3.$minor.99"
'

t 'pythonStrict takes the exact patch that is there, in runtime.txt too' '
	wish runtime.txt "python-$full"
	push blog
	says "Using Python $full specified in runtime.txt"
'

t 'pythonStrict has nothing against a minor alone' '
	wish .python-version "3.$minor"
	push blog
	says "Using Python $full specified in .python-version"
	git config --global --unset slugbuild.pythonStrict
'

t 'an unknown minor is refused with all else that is wrong, and what is installed is listed' '
	cp blog/Procfile Procfile.good
	echo "web: gunicorn nowhere.wsgi" >blog/Procfile
	wish .python-version 3.98
	refused blog
	has "error[python-version-missing]: .python-version:1" push.log
	has "error[procfile-module-missing]: Procfile:1" push.log
	hasnt "Installing" push.log
	cp Procfile.good blog/Procfile
	commit blog "The right module"
	refused blog
	says "Python 3.98 is not installed on this server (there are:"
	says "$full"
	says "uv python install 3.98"
'

t 'check says so of an app of this server, and nothing where no app is known; off, the build says it' '
	exits 1 slugbuild check blog -a blog >check.txt 2>&1
	has "error[python-version-missing]: .python-version:1" check.txt
	slugbuild check blog >check.txt 2>&1
	hasnt "[python-version-missing]" check.txt
	settings rule.python-version-missing off
	commit blog again
	refused blog
	hasnt "[python-version-missing]" push.log
	says "Python 3.98 is not installed on this server"
	git config --global --unset slugbuild.rule.python-version-missing
'

t 'in runtime.txt likewise' '
	wish runtime.txt python-3.98.1
	refused blog
	says "Python 3.98.1 is not installed on this server (there are:"
	says "runtime.txt:1"
'

t 'a version only, and comments, are what .python-version may hold' '
	wish .python-version "# the server has this one" "3.$minor"
	push blog
	hasnt "[python-version-missing]" push.log
	says "Using Python $full specified in .python-version"
'

t 'what is no version is refused with its line' '
	wish .python-version "three"
	refused blog
	says ".python-version:1"
'

t 'requires-python picks an interpreter: not the newest, where that does not fit' '
	fake_python
	wish pyproject.toml "[project]" "name = \"blog\"" "version = \"1\"" "requires-python = \">=3.8,<3.99\""
	push blog
	says "Using Python $full specified in pyproject.toml"
	slugbuild run -a blog -- python -c "import sys; print(sys.version_info[1])" | grep -x "$minor"
'

t 'requires-python that nothing fits lists what is installed, with its line' '
	wish pyproject.toml "[project]" "name = \"blog\"" "version = \"1\"" "requires-python = \">=3.100\""
	refused blog
	says "Python >=3.100 is not installed on this server"
	says "$full, 3.99.1"
	says "pyproject.toml:4"
'

t 'without a wish an app keeps the minor that it has, though there is a newer one' '
	git -C blog rm -q pyproject.toml
	commit blog "No wish"
	push blog
	says "Using the same as the last build: Python $full"
'

done_testing
