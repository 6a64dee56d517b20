#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_dependencies[] = {
	{ "dependencies-missing", SB_ERROR, "no file says what to install",
	  "One of requirements.txt, Pipfile.lock, poetry.lock, uv.lock or pylock.toml must stand in the "
	  "root of the app. A pyproject.toml alone is no lock: what it brings changes from day to day.",
	  "a tree with manage.py and pyproject.toml only" },
	{ "dependencies-multiple", SB_ERROR, "more than one package manager's files",
	  "Which one is right cannot be known, and the other one is out of date already. Keep one and "
	  "remove the rest.",
	  "requirements.txt and poetry.lock" },
	{ "pipfile-lock-missing", SB_ERROR, "a Pipfile without Pipfile.lock",
	  "The lock is what makes two builds install the same. Run pipenv lock and commit it; look "
	  "whether .gitignore hides it.",
	  "Pipfile, and *.lock in .gitignore" },
	{ "pipfile-lock-invalid", SB_ERROR, "Pipfile.lock is no such file",
	  "It is JSON with a \"default\" object, written by pipenv. A merge or an editor has broken it: "
	  "write it again with pipenv lock.",
	  "Pipfile.lock:\n"
	  "{ \"default\": { }, }" },
	{ "pipfile-unused", SB_WARNING, "a Pipfile without lock, beside another manager's file",
	  "The other file is installed from and the Pipfile is not looked at: a package that is only in it "
	  "will be missing. Remove it, or lock it and remove the other.",
	  "Pipfile and requirements.txt, no Pipfile.lock" },
	{ "requirements-misspelt", SB_ERROR, "a file that is nearly named requirements.txt",
	  "The name is \"requirements.txt\", in small letters, in the root of the app.",
	  "requirement.txt, Requirements.txt, requirements" },
	{ "requirements-line", SB_ERROR, "a line that pip cannot read",
	  "pip stops at the first such line, minutes later; here all of them are named. A line is a "
	  "requirement (PEP 508), an option, or a comment.",
	  "requirements.txt:\n"
	  "Django=5.2" },
	{ "requirements-include-missing", SB_ERROR, "a file named by -r, -c or a path is not in the tree",
	  "The file lies on one's own disk but was not committed, or its path is meant from another "
	  "folder: paths are read from the folder of the file that names them.",
	  "requirements.txt:\n"
	  "-r requirements/base.txt" },
	{ "requirements-depth", SB_ERROR, "requirement files include each other too deeply",
	  "Files that include each other in circles, or one below the other more than 8 times, never end "
	  "or are a mistake.",
	  "a.txt has -r b.txt, b.txt has -r a.txt" },
	{ "requirements-outside", SB_ERROR, "a path that leads out of the app",
	  "On the server there is nothing above the app's folder that belongs to it. Commit what is needed "
	  "inside it.",
	  "requirements.txt:\n"
	  "-e ../shared-library" },
	{ "requirements-remote", SB_WARNING, "a requirement file is fetched from elsewhere at each build",
	  "What it says tomorrow is not what was checked today, and a build needs that server to be up. "
	  "Commit a copy.",
	  "requirements.txt:\n"
	  "-c https://example.com/constraints.txt" },
	{ "requirements-variable", SB_WARNING, "${NAME} in a requirement file",
	  "pip puts an environment variable of that name in its place and may send it away as part of a "
	  "URL. Builds hold no config vars but those of package indexes: name the variable so, or write "
	  "the value.",
	  "requirements.txt:\n"
	  "git+https://${TOKEN}@example.com/lib.git" },
	{ "requirements-unpinned", SB_WARNING, "packages whose version is left open",
	  "Without == the build takes the newest version of that day: two builds of one commit differ, and a "
	  "push that changed a template can break on a new release of a library. One finding for all files; "
	  "what a constraints file pins counts as pinned.",
	  "Django>=5.0\n"
	  "celery" },
	{ "requirements-ssh", SB_WARNING, "an address that needs an SSH key",
	  "Dependencies are installed in a sandbox that has no SSH key and knows no host. Use git+https with "
	  "a public repository, or publish the package to an index.",
	  "-e git+ssh://git@example.com/me/lib.git#egg=lib" },
	{ "requirements-credentials", SB_WARNING, "a password or token in an address",
	  "It is in the history and in each clone for ever. Revoke it; give the address with its secret as a "
	  "config var (PIP_EXTRA_INDEX_URL), which the installer alone gets to see. It is not shown here.",
	  "--extra-index-url https://deploy:***@pypi.example.com/simple" },
	{ "requirements-index", SB_WARNING, "packages come from another index than PyPI",
	  "With --extra-index-url pip takes the highest version of a name from either index: a stranger's "
	  "package on PyPI with the name of your private one wins (dependency confusion). With --index-url "
	  "the server must be able to reach that index at each build.",
	  "--extra-index-url https://pypi.example.com/simple" },
	{ "psycopg2-source", SB_WARNING, "psycopg2 is compiled at each build",
	  "psycopg2 has no wheels for Linux: it needs pg_config and a C compiler on the server. "
	  "psycopg2-binary and psycopg[binary] bring what they need.",
	  "psycopg2==2.9.10" },
	{ "django-eol", SB_WARNING, "a Django without security fixes",
	  "The series is past its end of support: security holes found since stay open. The date is from a "
	  "table in slugbuild that was made on the day the finding names. Said only of an exact version: of a "
	  "pin or of a lock.",
	  "Django==3.2.25" },
	{ "django-python", SB_ERROR, "this Django and this Python do not fit",
	  "A Python older than the series supports is refused by the installer, which is an error. A newer one "
	  "than it was tested with is a warning: modules that such a Python no longer has (distutils, cgi) are "
	  "missing when the app starts.",
	  "Django==5.2 and python-3.9 in runtime.txt" },
	{ "lock-stale", SB_ERROR, "a lock that is older than its input",
	  "The Pipfile or pyproject.toml asks for a package that the lock does not have; or it was changed since, "
	  "by the hash in Pipfile.lock and poetry.lock, by the list of wishes in uv.lock (which takes an "
	  "interpreter that reads TOML, so --static does not tell it). The build would refuse such a lock as "
	  "well, minutes later. Make the lock again and commit both files.",
	  "celery in [packages] of the Pipfile, and no celery in Pipfile.lock" },
	{ "dependency-undeclared", SB_WARNING, "the settings use a package that no dependency file names",
	  "A module that the settings import, or an app or middleware that they name, comes from a package "
	  "that is in no requirement file and no lock: it is on your machine and not on the server, where "
	  "the settings will not import. Only packages that Django settings often use are judged, and only where "
	  "the dependency files are complete; imports under try or if, and modules in the tree, are left alone.",
	  "settings.py, and no dj-database-url in requirements.txt:\n"
	  "import dj_database_url" },
};
const size_t sb_rules_dependencies_count = SB_COUNT(sb_rules_dependencies);
