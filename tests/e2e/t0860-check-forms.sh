#!/bin/sh
# Findings for people and for programs: colours, --json, --sarif.
. "$(dirname "$0")/lib.sh"

# Paths and lines as nobody writes them.
git init -q odd
printf 'web gunicorn\n\303\274\303\274 x: y\n' >odd/Procfile
printf 'Django==5.2\r\n-r "a b/%%c#d?e.txt"\n==\n' >odd/requirements.txt
mkdir odd/lib
printf 'SECRET_KEY=x\n' >odd/.env
ln -s /etc/passwd odd/runtime.txt
commit odd

t '--json is what its schema says, with and without findings' '
	exits 1 slugbuild check odd --json >odd.json
	app_new blog
	slugbuild check blog --json >blog.json
	python3 - "$top/templates/findings.schema.json" odd.json blog.json <<-END
		import json, sys
		import jsonschema
		schema = json.load(open(sys.argv[1]))
		jsonschema.Draft202012Validator.check_schema(schema)
		for name in sys.argv[2:]:
		    jsonschema.Draft202012Validator(schema).validate(json.load(open(name)))
	END
	jq -e ".commit == \"$(git -C odd rev-parse HEAD)\" and (.findings | length) > 3" odd.json
	jq -e ".errors == ([.findings[] | select(.severity == \"error\")] | length)" odd.json
'

t '--sarif names the same findings, at the same places' '
	exits 1 slugbuild check odd --sarif >odd.sarif
	python3 - odd.json odd.sarif <<-END
		import json, sys
		from urllib.parse import unquote
		ours, sarif = (json.load(open(name)) for name in sys.argv[1:])
		(run,) = sarif["runs"]
		assert sarif["version"] == "2.1.0" and run["columnKind"] == "unicodeCodePoints"
		rules = run["tool"]["driver"]["rules"]
		assert len(run["results"]) == len(ours["findings"])
		for one, result in zip(ours["findings"], run["results"]):
		    assert result["ruleId"] == one["rule"] == rules[result["ruleIndex"]]["id"]
		    assert result["level"] == one["severity"]
		    assert result["message"]["text"].startswith(one["text"])
		    assert bool(result["locations"]) == bool(one["path"])
		    if not one["path"]:
		        continue
		    place = result["locations"][0]["physicalLocation"]
		    assert unquote(place["artifactLocation"]["uri"]) == one["path"]
		    region = place.get("region", {})
		    assert region.get("startLine", 0) == one["line"]
		    if one["source"] is not None and one["column"]:
		        before = one["source"].encode()[:one["column"] - 1].decode(errors="replace")
		        assert region["startColumn"] == len(before) + 1, (one, region)
	END
'

t 'on a terminal there are colours; elsewhere, and with NO_COLOR, none' '
	script -qec "slugbuild check odd" /dev/null >tty.txt || true
	grep -q "$(printf "\033\\[1;31merror\\[")" tty.txt
	slugbuild check odd >plain.txt 2>&1 || true
	hasnt "$(printf "\033")" plain.txt
	NO_COLOR=1 script -qec "slugbuild check odd" /dev/null >none.txt || true
	hasnt "$(printf "\033")" none.txt
'

t 'a push has them too, unless slugbuild.colour is off' '
	server_new odd
	git -C odd remote add production "$(repo_of odd)"
	refused odd
	has "$(printf "\033[1;31merror[procfile-")" push.log
	settings colour false
	refused odd
	has "error[procfile-" push.log
	hasnt "$(printf "\033[1;31m")" push.log
'

t 'under GitLab each line of the refusal starts with GL-HOOK-ERR:' '
	zero=$(git -C odd rev-parse HEAD | tr "0-9a-f" 0)
	line="$zero $(git -C odd rev-parse HEAD) refs/heads/main"
	(cd "$(repo_of odd)" && git fetch -q "$WORK/odd" main &&
		echo "$line" | GIT_DIR=. GL_REPOSITORY=project-1 hooks/pre-receive) >said 2>&1 && false
	grep -c "^GL-HOOK-ERR: error\[" said
	# What is left are warnings, and their lines.
	sed "/^GL-HOOK-ERR: /d" said >rest
	hasnt "error[" rest
	hasnt rejected rest
	has "GL-HOOK-ERR: fix:" said
	grep -q "^GL-HOOK-ERR: [0-9]* errors" said
	tail -n 1 said | grep -q "^GL-HOOK-ERR: "
'

t 'a rule that does not exist is named with the nearest, before anything is checked' '
	git -C odd config slugbuild.rule.procfile-mising error
	exits 4 slugbuild check odd >said 2>&1
	has "nearest is procfile-missing" said
	git -C odd config --unset slugbuild.rule.procfile-mising
	git -C odd config slugbuild.rule.crlf fatal
	exits 4 slugbuild check odd >said 2>&1
	has "not one of error, warning, off" said
	git -C odd config --unset slugbuild.rule.crlf
'

t 'error, warning and off are what becomes of a rule' '
	for word in error warning off; do
		git -C odd config slugbuild.rule.env-committed $word
		slugbuild check odd --json >$word.json || true
	done
	test "$(jq -r ".findings[] | select(.rule == \"env-committed\") | .severity" error.json warning.json off.json)" = "error
warning"
'

t '--strict heroku: a lock that is older than its input, by what the lock itself says of it' '
	for kind in pipenv poetry uv; do
		for case in good bad; do
			rm -rf lock && mkdir lock && echo 3.13 >lock/.python-version && : >lock/requirements.txt
			(cd lock && sh "$top/tests/data/source/lock-stale/$case-$kind/setup")
			sed -i "s/\"3.11\"/\"3.13\"/" lock/Pipfile.lock 2>/dev/null || true
			slugbuild check --strict heroku lock >said 2>&1 || true
			cat said
			case $case in
			good) hasnt "install-dependencies" said ;;
			bad) has "error[heroku-install-dependencies-$kind]" said && cp said $kind ;;
			esac
			slugbuild check --strict heroku --static lock >said 2>&1 || true
			hasnt "install-dependencies" said
		done
	done
	has "error[heroku-install-dependencies-poetry]" poetry
	rm -rf lock && mkdir lock && echo 3.13 >lock/.python-version
	(cd lock && sh "$top/tests/data/source/lock-stale/good-uv/setup")
	printf "\n[dependency-groups]\ndev = [\"pytest\"]\n" >>lock/pyproject.toml
	exits 1 slugbuild check --strict heroku lock >said 2>&1
	has "error[heroku-install-dependencies-uv]" said
'

t '--strict heroku: its reasons, and the word when there is none; ours are not asked' '
	exits 1 slugbuild check odd --strict heroku --json >heroku.json
	jq -r ".findings[] | select(.severity == \"error\").reason" heroku.json | sort -u >reasons
	printf "install-dependencies::pip\n" | cmp - reasons || cat reasons
	jq -e "all(.findings[]; .rule | startswith(\"heroku-\"))" heroku.json
	slugbuild check odd --strict heroku --sarif |
		jq -e ".runs[0].tool.driver.rules[] | select(.properties.reason == \"install-dependencies::pip\")"
	slugbuild check blog --strict heroku >said 2>&1
	cat said
	has "by the rules of Heroku" said
	exits 2 slugbuild check odd --strict cloud
	exits 2 slugbuild check odd --strict heroku --checklist
	python3 - "$top/templates/findings.schema.json" heroku.json <<-END
		import json, sys
		import jsonschema
		schema, found = (json.load(open(name)) for name in sys.argv[1:])
		jsonschema.Draft202012Validator(schema).validate(found)
	END
'

done_testing
