#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_procfile[] = {
	{ "procfile-missing", SB_WARNING, "no Procfile: the release will have no processes",
	  "The Procfile says what to start. Without one a release is made and nothing runs. The fix line "
	  "has the command for the WSGI or ASGI module that was found.",
	  "a tree with manage.py and mysite/wsgi.py, and no Procfile" },
	{ "procfile-misspelt", SB_ERROR, "a file that is nearly named Procfile",
	  "The name is \"Procfile\": a capital P, nothing behind it. On a Mac or on Windows \"procfile\" "
	  "seems to work, here it is another file.",
	  "procfile, Procfile.txt, ProcFile" },
	{ "procfile-misplaced", SB_ERROR, "the Procfile is not in the root",
	  "It is read from the root of the app only. Move it there (git mv), or, where the app lies in a "
	  "folder of the repository, let the server's owner set slugbuild.path.",
	  "mysite/Procfile" },
	{ "procfile-line", SB_ERROR, "a line of the Procfile is not \"type: command\"",
	  "A type is letters, digits, - and _, at most 63 of them; the command goes to a shell. Other "
	  "platforms drop a line they cannot read and start less than was asked for; here it is refused.",
	  "Procfile:\n"
	  "web:" },
	{ "procfile-dialect", SB_WARNING, "a line of the Procfile that other platforms read otherwise",
	  "Heroku, foreman, honcho and overmind differ on blanks around a type, on a colon that is "
	  "missing, on capitals and _ in a type, and on what stands twice. The line works here; written as the fix line has "
	  "it, it works everywhere.",
	  "Procfile:\n"
	  "  web : gunicorn mysite.wsgi" },
	{ "procfile-duplicate", SB_ERROR, "a process type has two commands",
	  "Some platforms take the first, some the last. Nobody can mean both: remove one, or give the "
	  "second a type of its own.",
	  "Procfile:\n"
	  "web: gunicorn mysite.wsgi\n"
	  "web: python manage.py runserver" },
	{ "procfile-no-web", SB_WARNING, "the Procfile has no web process",
	  "Requests go to the process type \"web\" and to no other. An app of workers only is fine: set "
	  "the rule off.",
	  "Procfile:\n"
	  "worker: celery -A mysite worker" },
	{ "procfile-module-missing", SB_ERROR, "a command names a Python module that is not there",
	  "gunicorn, uvicorn, daphne, hypercorn, celery and python -m import what they are told: with a "
	  "wrong name each start ends in ModuleNotFoundError, after the build and before the first "
	  "request. The fix line has the module that was most likely meant.",
	  "Procfile, beside mysite/wsgi.py:\n"
	  "web: gunicorn blog.wsgi" },
	{ "procfile-program-missing", SB_ERROR, "a command names a program that is not there",
	  "A program that a Python package brings is there only when a dependency file names the package. "
	  "On one's own machine it may be installed for other reasons. Add it to the dependencies.",
	  "Procfile, without gunicorn in requirements.txt:\n"
	  "web: gunicorn mysite.wsgi" },
	{ "procfile-shell", SB_ERROR, "a command that /bin/sh cannot read",
	  "Commands are run by /bin/sh -c. With a quote or a bracket that has no end, or an operator with "
	  "nothing behind it, the shell stops before it starts anything. Found by reading the command, "
	  "not by starting a shell.",
	  "release: python manage.py migrate &&" },
	{ "procfile-runserver", SB_WARNING, "Django's development server in production",
	  "runserver is a single process without any hardening, reloads on file changes, and with DEBUG off "
	  "serves no static files. Django's documentation says not to use it in production. Use gunicorn, "
	  "or uvicorn for ASGI.",
	  "web: python manage.py runserver 0.0.0.0:$PORT" },
	{ "procfile-port", SB_WARNING, "the web process listens on a port that is not $PORT",
	  "Each release starts on a port of its own, which is given in $PORT: the old release still holds "
	  "its own while the new one is checked. A server with a fixed port cannot be reached there, so the "
	  "health check fails. gunicorn reads $PORT by itself when nothing is said.",
	  "web: gunicorn mysite.wsgi --bind 0.0.0.0:8000" },
	{ "procfile-workers", SB_WARNING, "a number of workers out of proportion",
	  "gunicorn's own advice is two to four workers a core; four to twelve answer hundreds of requests a "
	  "second. Each is a process with the whole app in memory, and too many end in swap or in the kernel's "
	  "out-of-memory killer. Without the option WEB_CONCURRENCY decides, which is set from memory and cores.",
	  "web: gunicorn mysite.wsgi --workers 64" },
	{ "procfile-release-migrate", SB_WARNING, "a release phase that applies no migrations",
	  "The tree has migrations and the release phase runs other commands of manage.py, but neither it nor "
	  "a process runs migrate: the new code would meet the old tables. Said only where every part of the "
	  "command is known not to migrate.",
	  "release: python manage.py collectstatic --noinput" },
};
const size_t sb_rules_procfile_count = SB_COUNT(sb_rules_procfile);
