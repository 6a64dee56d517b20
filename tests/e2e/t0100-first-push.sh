#!/bin/sh
. "$(dirname "$0")/lib.sh"

t 'create makes a bare repository with both hooks, release v1, and prints the remote to add' '
	slugbuild create blog >create.out 2>&1
	has "git remote add" create.out
	has "$root/repos/blog.git" create.out
	test -x "$(repo_of blog)/hooks/pre-receive"
	test -x "$(repo_of blog)/hooks/post-receive"
	test -d "$root/apps/blog/releases/v1"
'

t 'a name that is taken, or is no name, is refused as misuse or input' '
	fails slugbuild create blog
	exits 2 slugbuild create
	fails slugbuild create "../blog"
	fails slugbuild create Blog_1
'

app_new blog
t 'the first push builds, releases v2 and says so in the format people know' '
	push blog
	has "remote: -----> " push.log
	has "Released v2" push.log
	has "Verifying deploy... done." push.log
	hasnt "!     " push.log
	test "$(release_of blog)" = v2
	test "$(tip_of blog)" = "$(git -C blog rev-parse main)"
'

t 'no line of it is wider than 72 columns, what children print left out' '
	sed -n "s/^remote: //p" push.log | grep -E "^(----->| !  )" >ours.txt || true
	awk "length(\$0) > 72" ours.txt | fails grep .
'

t 'the manifest is valid, names commit and process, and holds no value of a config var' '
	file=$(manifest_of blog)
	python3 - "$top/templates/manifest.schema.json" "$file" <<-"END"
		import json, sys
		import jsonschema
		schema, manifest = (json.load(open(p)) for p in sys.argv[1:])
		jsonschema.Draft202012Validator.check_schema(schema)
		jsonschema.Draft202012Validator(schema).validate(manifest)
	END
	test "$(jq -r .commit "$file")" = "$(git -C blog rev-parse main)"
	test "$(jq -r .release "$file")" = 2
	test "$(jq -r .processes.web.command "$file")" = "gunicorn hello.wsgi"
'

t 'the slug is there, has the digest that the manifest names, and plain tar reads it' '
	slug=$(slug_of blog)
	test "$(sha256sum <"$slug" | cut -d" " -f1)" = "$(jq -r .slug.sha256 "$(manifest_of blog)")"
	test "$(stat -c %s "$slug")" = "$(jq -r .slug.size "$(manifest_of blog)")"
	tar tzf "$slug" >list
	has manage.py list
	has staticfiles/staticfiles.json list
	has staticfiles/css/site.css list
	has .slugbuild/launch list
	has .slugbuild/python/ list
	fails grep -E "^\./|^/|(^|/)\.git/" list
'

t 'nothing is left of the build but its log' '
	wait_for 10 no_leftovers_quietly blog
	slugbuild builds -a blog | grep -q .
	id=$(slugbuild builds -a blog --json | jq -r ".. | .id? // empty" | head -n 1)
	test -n "$id"
	slugbuild builds:output "$id" -a blog >output.txt
	has "-----> " output.txt
'

t 'a second push of another commit is v3 and keeps v2' '
	echo "body { color: blue }" >blog/static/css/site.css
	commit blog "Turn blue"
	push blog
	test "$(release_of blog)" = v3
	test -d "$root/apps/blog/releases/v2"
	slugbuild releases -a blog >releases.txt
	has v3 releases.txt
	has v2 releases.txt
'

t 'a push that changes nothing releases nothing' '
	push blog
	has "Everything up-to-date" push.log
	test "$(release_of blog)" = v3
'

t 'dry-run builds, reports and moves nothing' '
	commit blog "Tried only"
	refused blog -o dry-run production main
	test "$(release_of blog)" = v3
	push blog
	test "$(release_of blog)" = v4
'

t 'another app under the same root does not see it' '
	server_new shop
	fails slugbuild config:get SECRET_KEY -a shop
	slugbuild apps >apps.txt
	has blog apps.txt
	has shop apps.txt
	slugbuild apps --json | jq -e . >apps.json
'

done_testing
