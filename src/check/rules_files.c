#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_files[] = {
	{ "encoding-bom", SB_WARNING, "a text file starts with a byte order mark",
	  "Windows editors put three invisible bytes in front of a text. slugbuild cuts them off, but "
	  "other platforms read \"\\ufeffweb\" as the name of the process, and pip as that of a package. "
	  "Save the file as UTF-8 without BOM.",
	  "requirements.txt, saved by Notepad as \"UTF-8 with BOM\"" },
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
	{ "submodule-left-out", SB_WARNING, "submodules are not deployed",
	  "A push holds a submodule's commit id, not its files, and a server does not fetch from "
	  "elsewhere what was pushed to it. Make it a dependency, or commit its files (git subtree).",
	  ".gitmodules:\n"
	  "[submodule \"theme\"]\n"
	  "\tpath = theme" },
	{ "lfs-pointer", SB_WARNING, "a file is a pointer of git-lfs; its content is not here",
	  "git push sends a file of git-lfs to the LFS server, and three lines of text here: a picture or "
	  "a fixture would be broken in the release. Take it out of LFS, or serve it from elsewhere.",
	  "media/logo.png:\n"
	  "version https://git-lfs.github.com/spec/v1" },
	{ "env-committed", SB_WARNING, "a .env file is committed; it is never read",
	  "Its secrets are in every clone from now on, and they are not used: the environment of a release "
	  "is made of its config vars. Set them with config:set, remove the file from git, name it in "
	  ".gitignore, and change the secrets that stood in it.",
	  ".env:\n"
	  "SECRET_KEY=…" },
	{ "slugignore-negation", SB_WARNING, "a \"!\" line in .slugignore, which has no such lines",
	  ".slugignore knows gitignore's patterns without negation, as on Heroku: the line is skipped and "
	  "the file stays left out. Write patterns that do not need it.",
	  ".slugignore:\n"
	  "docs/*\n"
	  "!docs/keep.md" },
};
const size_t sb_rules_files_count = SB_COUNT(sb_rules_files);
