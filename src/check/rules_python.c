#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_python[] = {
	{ "python-version-invalid", SB_ERROR, "what should be a Python version is none",
	  ".python-version holds 3.13 or 3.13.1; runtime.txt holds python-3.13.1; requires-python is a "
	  "specifier such as >=3.12. A name of a virtualenv, a quote or a word in front is none of these.",
	  "runtime.txt:\n"
	  "3.13.1" },
	{ "python-version-multiple", SB_ERROR, "more than one Python version",
	  ".python-version may list several for tools that test with each. An app runs on one: leave the "
	  "one that it is to run on.",
	  ".python-version:\n"
	  "3.12\n"
	  "3.13" },
	{ "python-version-conflict", SB_WARNING, "two files want different Pythons",
	  "The first of runtime.txt, .python-version, Pipfile.lock and pyproject.toml is taken. What the "
	  "other one wants is not what the app gets: make them agree.",
	  "runtime.txt has python-3.12.1, .python-version has 3.13" },
	{ "python-version-misspelt", SB_WARNING, "a file that is nearly named .python-version",
	  "The file is not read, and the app gets the server's default Python. Its name has a dot in "
	  "front, a hyphen, and nothing behind.",
	  "python-version, .python_version, runtime.txt.txt" },
	{ "python-version-eol", SB_WARNING, "a Python without security fixes",
	  "The version that is asked for is past its end of life; package authors stop to publish wheels for "
	  "it as well. The date is from a table in slugbuild that was made on the day the finding names. A "
	  "range such as >=3.8 is not judged.",
	  "3.8 in .python-version" },
};
const size_t sb_rules_python_count = SB_COUNT(sb_rules_python);

const struct sb_rule sb_rules_server[] = {
	{ "python-version-missing", SB_ERROR, "the server does not have the Python that is asked for",
	  "Nothing can be built without it. The finding lists what is installed; another one is found by "
	  "itself once it is installed, by pyenv, by uv, or below slugbuild.pythonPath. Judged where the app "
	  "is: in a push, and by slugbuild check with -a APP. Without an app nothing is said, since the server "
	  "that builds may be another machine.",
	  ".python-version, on a server that has 3.11.2 and 3.13.0:\n"
	  "3.12" },
};
const size_t sb_rules_server_count = SB_COUNT(sb_rules_server);

const struct sb_rule sb_rules_appjson[] = {
	{ "appjson-invalid", SB_ERROR, "app.json is not as it must be",
	  "app.json says how many processes start, which config vars there must be and what the health "
	  "check asks for. It must be JSON, and these parts of the types that Heroku documents.",
	  "app.json:\n"
	  "{ \"formation\": { \"web\": 1 } }" },
	{ "appjson-process", SB_WARNING,
	  "app.json's formation names a process type that the Procfile has not",
	  "Nothing can be started for it. Add it to the Procfile, or take it out of app.json.",
	  "app.json, with no worker in the Procfile:\n"
	  "{ \"formation\": { \"worker\": { \"quantity\": 1 } } }" },
};
const size_t sb_rules_appjson_count = SB_COUNT(sb_rules_appjson);
