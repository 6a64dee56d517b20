#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_files[] = {
	{ "encoding-bom", SB_WARNING, "a text file starts with a byte order mark",
	  "Windows editors put three invisible bytes in front of a text. slugbuild cuts them off, but "
	  "other platforms read \"\\ufeffweb\" as the name of the process, and pip as that of a package. "
	  "Save the file as UTF-8 without BOM.",
	  "requirements.txt, saved by Notepad as \"UTF-8 with BOM\"" },
	{ "encoding-invalid", SB_ERROR, "a dependency file is not UTF-8",
	  "pip and uv end with an error about a byte that they cannot decode, and name no line. An umlaut or an "
	  "accent in a comment is enough, when an old editor saved the file as Latin-1. pip alone goes by a "
	  "first line \"# coding: latin-1\" too. The fix line converts it.",
	  "requirements.txt:\n"
	  "Django==5.2  # f\\xfcr die Seite" },
	{ "encoding-nul", SB_ERROR, "a text file holds a NUL byte",
	  "No program reads a text past it, so what stands behind would be lost in silence. Write the "
	  "file again; a half-written download or a binary under a text's name is the usual cause.",
	  "a Procfile that was written while the disk was full: NUL NUL NUL …" },
	{ "encoding-utf16", SB_ERROR, "a text file is UTF-16",
	  "PowerShell's \">\" writes UTF-16: pip freeze > requirements.txt makes a file that pip on Linux "
	  "cannot read. The fix line converts it.",
	  "PS> pip freeze > requirements.txt" },
	{ "crlf", SB_WARNING, "a file has Windows line ends",
	  "Here the \\r is cut off, but a shell script or a Procfile elsewhere sees it as part of the last "
	  "word: gunicorn then looks for the module \"wsgi\\r\". Let git store LF: a .gitattributes line "
	  "does it for everybody who works on the app.",
	  "web: gunicorn mysite.wsgi\\r\\n" },
	{ "merge-markers", SB_ERROR, "a merge was committed unresolved",
	  "Lines that start with <<<<<<<, ======= and >>>>>>> are what git leaves in a file for a person to "
	  "decide. None of the programs that read the file can.",
	  "requirements.txt:\n"
	  "<<<<<<< HEAD\n"
	  "Django==5.2\n"
	  "=======\n"
	  "Django==5.1\n"
	  ">>>>>>> update" },
	{ "file-ignored", SB_ERROR, "a file that is needed is left out by .slugignore",
	  ".slugignore is applied before the build, as on Heroku: what it names is neither installed from "
	  "nor in the slug. Take the file's line out of it.",
	  ".slugignore:\n"
	  "*.txt" },
	{ "file-is-directory", SB_ERROR, "a folder stands where a file must",
	  "The name is that of a file which the build reads. A folder or a submodule of the same name "
	  "hides it. Rename the folder, or put the file where it belongs.",
	  "requirements.txt/base.txt" },
	{ "file-is-symlink-out", SB_ERROR, "a symlink leads out of the app, in circles or nowhere",
	  "A symlink is followed within the pushed tree only. On the server what it names is another "
	  "machine's file, or none. Commit the file itself.",
	  "requirements.txt -> /home/me/requirements.txt" },
	{ "file-too-large", SB_ERROR, "a file is far larger than its kind is",
	  "A Procfile of a megabyte is no Procfile. It is not read, so that no push can fill the server's "
	  "memory.",
	  "requirements.txt with 2 MB of a log in it" },
	{ "name-reserved", SB_ERROR, "the tree has a .slugbuild of its own",
	  "In the slug that name holds the dependencies and the launcher. An unpacked slug was probably "
	  "committed by mistake: git rm -r --cached .slugbuild, and name it in .gitignore.",
	  ".slugbuild/launch" },
	{ "submodule", SB_ERROR, "a git repository was committed inside this one, without .gitmodules",
	  "git add of a folder that is a repository itself stores only its commit's id: its files are not "
	  "in the push and nobody can fetch them. Remove its .git folder and add the files.",
	  "git clone https://example.com/blog-theme theme && git add theme" },
	{ "submodule-left-out", SB_ERROR, "submodules are not deployed",
	  "A push holds a submodule's commit id, not its files. Make it a dependency, commit its files (git "
	  "subtree), or let the server's owner set slugbuild.submodules to fetch, or to ignore.",
	  ".gitmodules:\n"
	  "[submodule \"theme\"]\n"
	  "\tpath = theme" },
	{ "lfs-pointer", SB_ERROR, "a file is a pointer of git-lfs; its content is not here",
	  "git push sends a file of git-lfs to the LFS server, and three lines of text here: a picture or "
	  "a fixture would be broken in the release. Take it out of LFS, or let the server's owner set "
	  "slugbuild.lfsStore to a folder with the contents.",
	  "media/logo.png:\n"
	  "version https://git-lfs.github.com/spec/v1" },
	{ "slugignore-negation", SB_WARNING, "a \"!\" line in .slugignore, which has no such lines",
	  ".slugignore knows gitignore's patterns without negation, as on Heroku: the line is skipped and "
	  "the file stays left out. Write patterns that do not need it.",
	  ".slugignore:\n"
	  "docs/*\n"
	  "!docs/keep.md" },
	{ "file-misspelt", SB_WARNING, "a file whose name is nearly one that is read",
	  "Names are compared letter by letter, and Linux knows capitals. A file that is nearly named as one "
	  "that means something is simply not read, and what it says does not hold. Said only where the right "
	  "name is not there as well.",
	  "mange.py, poetry.lock.txt, slugignore" },
	{ "file-misplaced", SB_WARNING, "a file in a folder where nothing reads it",
	  "runtime.txt, .python-version and .slugignore count in the root of the app. Said where exactly one "
	  "lies in a folder and none in the root. If all of the app lies in that folder, the server's owner "
	  "sets slugbuild.path.",
	  "backend/.python-version" },
	{ "file-empty", SB_WARNING, "a file that is read has nothing in it",
	  "An empty requirements.txt installs nothing, an empty lock is none at all (then it is an error), and "
	  "an empty manage.py runs nothing. Usually a redirection that failed: pip freeze > requirements.txt "
	  "outside of the virtual environment.",
	  "a requirements.txt of 0 bytes" },
	{ "manage-missing", SB_WARNING, "Django without a manage.py",
	  "Static files are collected and migrations applied by manage.py, which is looked for at most three "
	  "folders deep. Without it none of that happens. Said only where the dependency files name Django "
	  "and are complete.",
	  "manage.py in .gitignore" },
	{ "name-odd", SB_WARNING, "a name that will not survive",
	  "Control bytes, a backslash, a blank at an end or bytes that are no UTF-8: git and Linux keep such a "
	  "name, but macOS, Windows, zip and many programs do not, and the URL of a static file with it is "
	  "anybody's guess.",
	  "static/caf\\xe9.css" },
	{ "name-case-collision", SB_WARNING, "two names of one folder that differ by case only",
	  "On macOS and Windows both are one file, so that who works there sees and commits only one of them, "
	  "at random. Usually a renaming that git did not notice: git mv -f.",
	  "static/Logo.png beside static/logo.png" },
};
const size_t sb_rules_files_count = SB_COUNT(sb_rules_files);
