#include "base/base.h"
#include "check/rules_table.h"

/* Each reason is the buildpack's own code: see heroku.h. */
const struct sb_rule sb_rules_heroku[] = {
	{ "heroku-detect", SB_ERROR, "nothing that Heroku takes for a Python app",
	  "The buildpack looks at the names in the root of the app. Without one that it knows "
	  "the push ends with \"App not compatible with buildpack\". Reason: detect.",
	  "a tree of README.md and src/" },
	{ "heroku-checks-existing-python-dir", SB_ERROR, ".heroku/python is committed",
	  "That is where the buildpack installs Python; it refuses to write over what is there. "
	  "Reason: checks::existing-python-dir.",
	  ".heroku/python/bin/python" },
	{ "heroku-checks-existing-venv-dir", SB_ERROR, "a virtual environment is committed",
	  "The files in it are made for one machine and path. Remove it from git and name it in "
	  ".gitignore. Reason: checks::existing-venv-dir.",
	  "venv/pyvenv.cfg" },
	{ "heroku-package-manager-pipenv-missing-lockfile", SB_ERROR,
	  "a Pipfile without Pipfile.lock",
	  "Heroku installs with Pipenv only what is locked, also where another manager's file "
	  "is there. Reason: package-manager::pipenv-missing-lockfile.",
	  "Pipfile and requirements.txt, no Pipfile.lock" },
	{ "heroku-package-manager-setup-py-only", SB_ERROR,
	  "setup.py, and no package manager's file",
	  "Until 2025 Heroku guessed \"pip install -e .\"; now it wants a requirements.txt that "
	  "says so. Reason: package-manager::setup-py-only.",
	  "a tree with setup.py only" },
	{ "heroku-package-manager-none-found", SB_ERROR,
	  "no package manager's file that Heroku knows",
	  "It installs from requirements.txt, Pipfile.lock, poetry.lock or uv.lock in the root; "
	  "pylock.toml, pdm.lock and pyproject.toml alone are not enough. Reason: package- "
	  "manager::none-found.",
	  "pyproject.toml without uv.lock or poetry.lock" },
	{ "heroku-package-manager-multiple-found", SB_ERROR,
	  "more than one package manager's file",
	  "Since 2025 Heroku guesses no longer which one is meant. Keep one. Reason: package- "
	  "manager::multiple-found.",
	  "requirements.txt and uv.lock" },
	{ "heroku-python-version-file-misspelled", SB_ERROR,
	  "a file that is nearly named .python-version",
	  "Of twenty misspellings that it knows the buildpack refuses each, where there is no "
	  "runtime.txt. Reason: python-version-file::misspelled.",
	  ".python-version.txt" },
	{ "heroku-python-version-file-invalid-version", SB_ERROR,
	  ".python-version holds what is no version",
	  "It may hold 3.14 or 3.14.1, and comments on lines of their own: no quotes, no "
	  "python- in front, no wildcard. Reason: python-version-file::invalid-version.",
	  ".python-version:\n"
	  "python-3.14" },
	{ "heroku-python-version-file-invalid-encoding", SB_ERROR,
	  ".python-version is no plain text",
	  "A byte order mark or UTF-16, as PowerShell's \">\" writes it. Save it as UTF-8 "
	  "without BOM. Reason: python-version-file::invalid-encoding.",
	  "PS> echo 3.14 > .python-version" },
	{ "heroku-python-version-file-no-version", SB_ERROR, ".python-version holds no version",
	  "It is empty, or all of its lines are comments. Reason: python-version-file::no- "
	  "version.",
	  ".python-version:\n"
	  "# 3.14" },
	{ "heroku-python-version-file-multiple-versions", SB_ERROR,
	  ".python-version holds more than one version",
	  "pyenv takes several, Heroku takes one. Reason: python-version-file::multiple- "
	  "versions.",
	  ".python-version:\n"
	  "3.13\n"
	  "3.14" },
	{ "heroku-python-version-file-not-found", SB_ERROR, "no .python-version, with uv",
	  "With uv Heroku does not choose a version: uv python pin writes the file. Reason: "
	  "python-version-file::not-found.",
	  "uv.lock without .python-version" },
	{ "heroku-runtime-txt-invalid-version", SB_ERROR,
	  "runtime.txt holds what is no version",
	  "All of it must be python-3.14 or python-3.14.1. Reason: runtime-txt::invalid- "
	  "version.",
	  "runtime.txt:\n"
	  "3.14" },
	{ "heroku-runtime-txt-not-supported", SB_ERROR, "runtime.txt, with uv",
	  "uv reads .python-version, so Heroku wants the version there. Reason: runtime- "
	  "txt::not-supported.",
	  "uv.lock and runtime.txt" },
	{ "heroku-pipfile-lock-invalid-json", SB_ERROR, "Pipfile.lock is no JSON",
	  "A merge or an editor has broken it: write it again with pipenv lock. Reason: "
	  "pipfile-lock::invalid-json.",
	  "Pipfile.lock:\n"
	  "{ \"_meta\": " },
	{ "heroku-pipfile-lock-invalid-version", SB_ERROR,
	  "Pipfile.lock asks for what is no Python version",
	  "python_version and python_full_version must be 3.14 or 3.14.1: no wildcard, no "
	  "operator. Reason: pipfile-lock::invalid-version.",
	  "Pipfile.lock:\n"
	  "{ \"_meta\": { \"requires\": { \"python_version\": \"3.*\" } } }" },
	{ "heroku-python-version-eol", SB_ERROR, "a Python that Heroku no longer has",
	  "It is past its end upstream, and the buildpack has dropped it. Take a newer one. "
	  "Reason: python-version::eol.",
	  ".python-version:\n"
	  "3.9" },
	{ "heroku-python-version-unknown-major", SB_ERROR,
	  "a Python that Heroku does not know yet",
	  "A version that is not released, or newer than the buildpack. Reason: python- "
	  "version::unknown-major.",
	  ".python-version:\n"
	  "3.99" },
	{ "heroku-python-version-unknown-patch", SB_ERROR,
	  "a patch release of Python that Heroku does not have",
	  "It is newer than the newest that the buildpack knows. Write only the first two "
	  "numbers. Reason: python-version::unknown-patch.",
	  ".python-version:\n"
	  "3.13.999" },
	{ "heroku-install-dependencies-pip", SB_ERROR,
	  "pip will end at a line of the requirements",
	  "What pip cannot read, or a file that is named and not there, ends the build. Reason: "
	  "install-dependencies::pip.",
	  "requirements.txt:\n"
	  "an-invalid-requirement!" },
	{ "heroku-install-dependencies-pipenv", SB_ERROR,
	  "pipenv will not take the lock",
	  "pipenv install --deploy refuses a Python other than the one in Pipfile.lock, and a lock whose hash "
	  "is not that of the Pipfile beside it. Reason: install-dependencies::pipenv.",
	  ".python-version has 3.13, Pipfile.lock has python_version 3.12" },
	{ "heroku-install-dependencies-poetry", SB_ERROR,
	  "Poetry will not take the lock",
	  "poetry sync refuses a lock whose content-hash is not that of the pyproject.toml beside it. To tell "
	  "takes an interpreter that reads TOML, so --static does not. Reason: install-dependencies::poetry.",
	  "a package added to pyproject.toml by hand, without poetry lock" },
	{ "heroku-install-dependencies-uv", SB_ERROR,
	  "uv will not take the lock",
	  "uv sync ends where requires-python and .python-version do not fit, and, being told --locked, where "
	  "pyproject.toml asks for other packages than uv.lock was made for. Reason: install- "
	  "dependencies::uv.",
	  ".python-version has 3.13, uv.lock has requires-python = \"==3.12.*\"" },
	{ "heroku-python-version-unspecified", SB_WARNING,
	  "no file says which Python Heroku is to take",
	  "It takes its default, which changes from year to year; the first build's version "
	  "stays for later ones. Write a .python-version.",
	  "requirements.txt without .python-version" },
	{ "heroku-runtime-txt-deprecated", SB_WARNING, "runtime.txt is deprecated on Heroku",
	  "It will be refused. Put the version, without python-, into .python-version.",
	  "runtime.txt:\n"
	  "python-3.14" },
	{ "heroku-python-version-deprecated", SB_WARNING,
	  "a Python that Heroku will soon refuse",
	  "Its end upstream is near. Take a newer one before a build is refused.",
	  ".python-version:\n"
	  "3.10" },
	{ "heroku-python-version-outdated", SB_WARNING,
	  "a patch release of Python with newer ones",
	  "Newer patch releases mend security faults. With the first two numbers only, each "
	  "build takes the newest.",
	  ".python-version:\n"
	  "3.13.0" },
};
const size_t sb_rules_heroku_count = SB_COUNT(sb_rules_heroku);
