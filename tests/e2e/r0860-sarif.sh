#!/bin/sh
# SARIF, held against the standard's own schema, which an npm package carries.
. "$(dirname "$0")/lib.sh"

package=@microsoft/jest-sarif@1.0.0-beta.0
schema=package/lib/schemas/sarif-2.1.0-rtm.5.json
reason=$(lacks npm python3)
[ -z "$reason" ] || skip_all "$reason"
timeout 120 npm pack --silent "$package" >npm.log 2>&1 && tar xzf microsoft-jest-sarif-*.tgz "$schema" ||
	skip_all "the package $package, which has SARIF's schema, cannot be had"

git init -q odd
printf 'web gunicorn\n\303\274\303\274 x: y\nweb: gunicorn a\nweb: gunicorn b\n' >odd/Procfile
printf 'Django==5.2\r\n-r "a b/%%c#d?e.txt"\n==\n' >odd/requirements.txt
printf 'SECRET_KEY=x\n' >odd/.env
ln -s /etc/passwd odd/runtime.txt
commit odd
git init -q none
commit none

t 'what check prints is valid by the standard, with many findings and with few' '
	exits 1 slugbuild check odd --sarif >odd.sarif
	slugbuild check none --sarif >none.sarif || true
	cat >validate.py <<-END
		import json, sys
		import jsonschema
		schema = json.load(open(sys.argv[1]))
		for name in sys.argv[2:]:
		    jsonschema.validators.validator_for(schema)(schema).validate(json.load(open(name)))
	END
	python3 validate.py "$schema" odd.sarif none.sarif
	jq -e ".runs[0].results | length > 4" odd.sarif
'
t 'and the schema is one that refuses' '
	jq ".runs[0].results[0].level = \"fatal\"" odd.sarif >bad.sarif
	fails python3 validate.py "$schema" bad.sarif
	jq "del(.runs[0].tool)" odd.sarif >bad.sarif
	fails python3 validate.py "$schema" bad.sarif
'
done_testing
