#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_hygiene[] = {
	{ "env-committed", SB_WARNING, "a .env file is committed; it is never read",
	  "Its secrets are in every clone from now on, and they are not used: the environment of a release "
	  "is made of its config vars. Set them with config:set, remove the file from git, name it in "
	  ".gitignore, and change the secrets that stood in it.",
	  ".env:\n"
	  "SECRET_KEY=…" },
	{ "sqlite-committed", SB_WARNING, "a SQLite database is committed",
	  "A release starts with the files that were pushed. A database among them brings back, with each "
	  "release, the state it was committed in, and what users wrote since is gone. Use PostgreSQL "
	  "(slugbuild addons:create postgresql), or a path outside of the app's folder.",
	  "db.sqlite3" },
	{ "virtualenv-committed", SB_WARNING, "a virtual environment is committed",
	  "A folder with a pyvenv.cfg holds the paths of the machine that made it and programs for that "
	  "machine. It is not used here: dependencies are installed from the files that name them. It makes "
	  "each push and each slug larger.",
	  "venv/pyvenv.cfg" },
	{ "bytecode-committed", SB_WARNING, "compiled Python is committed",
	  "Files of __pycache__ are made again by the build. A stale .pyc beside a removed .py can keep code "
	  "alive that is gone. Remove them from the index and name them in .gitignore.",
	  "blog/__pycache__/views.cpython-312.pyc" },
	{ "static-root-committed", SB_WARNING, "what collectstatic wrote is committed",
	  "A folder with the admin's own files in it (admin/js/core.js) is a STATIC_ROOT. The build collects "
	  "them again; files of an older Django stay among the new ones, and each update of a package changes "
	  "them in the repository.",
	  "staticfiles/admin/js/core.js" },
	{ "media-committed", SB_WARNING, "uploaded files are committed",
	  "Pictures and documents in media/ were probably uploaded while developing. What is written there at "
	  "run time lies in one release's folder and is not in the next. Keep uploads outside: a folder of the "
	  "server's, or an object store. Not said where media/ holds style sheets or scripts.",
	  "media/avatars/me.jpg" },
	{ "node-modules-committed", SB_WARNING, "node_modules is committed",
	  "Thousands of files that npm or yarn installs from package.json and its lock. They slow each push "
	  "down and age unseen.",
	  "node_modules/" },
	{ "gitignore-missing", SB_WARNING, ".gitignore lacks what an app like this needs",
	  "What .gitignore does not name is committed by the next git add: compiled files, and .env with its "
	  "secrets where the app reads one. Only lines that matter for this app are asked for, and only those "
	  "that no line there covers.",
	  "python-dotenv in requirements.txt, and no .env in .gitignore" },
	{ "secret-token", SB_ERROR, "a token of a known provider is committed",
	  "Found by its form: the prefix, the length, and the checksum where there is one (GitHub, GitLab, npm, "
	  "PyPI, Slack, Stripe live keys, SendGrid, AWS, OpenAI, Anthropic, Heroku, DigitalOcean). Nothing is "
	  "guessed by how random a text looks. It is in the history from now on, so it has to be made "
	  "invalid first. A find that is harmless is allowed by the line in .slugbuild-allow that the finding "
	  "gives: its path, and the SHA-256 of what was found. Files over 1 MiB are not looked through.",
	  "STRIPE_KEY = \"sk_live_…\"" },
	{ "private-key", SB_ERROR, "a private key is committed",
	  "A PEM key without a passphrase, alone or in the JSON of a Google service account, outside of folders "
	  "of tests, examples and documentation. Whoever has a clone has the key. Make a new one, and keep it in "
	  "a config var. A harmless one is allowed by the line in .slugbuild-allow that the finding gives. In a "
	  "folder of the developers' own set-up (docker, dev, local) it is a warning.",
	  "deploy/server.key" },
	{ "secret-unread", SB_WARNING, "not every file was looked through for tokens",
	  "A check of a whole repository reads 128 MiB of texts at most. A later push is read in full: only "
	  "what changed since the last accepted one is looked through.",
	  "a first push of 40,000 large files" },
	{ "file-large", SB_WARNING, "files of more than 25 MiB are committed",
	  "Each clone has them for ever, and each slug carries them. The ten largest are named, of what is new "
	  "since the commit that was deployed. Data that the app does not read is left out of the slug by a "
	  "line in .slugignore, and is not spoken of then; what users download belongs into an object store; for "
	  "the rest there is git-lfs, whose files are put in when a release is built.",
	  "data/world.geojson, 80 MiB" },
	{ "allow-line", SB_WARNING, "a line of .slugbuild-allow that allows nothing",
	  "Each line is a path and the SHA-256 of what was found there, with a blank between; # starts a "
	  "comment. Take it as the finding gives it.",
	  "settings.py" },
};
const size_t sb_rules_hygiene_count = SB_COUNT(sb_rules_hygiene);
