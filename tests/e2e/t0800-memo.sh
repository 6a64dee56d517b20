# collectstatic is remembered by what it read.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

reused='collectstatic: nothing it read has changed'
settings remember true

# build [OPTION…]: the slug of blog as it is, in now.tar.gz, what was said in build.log.
build()
{
	slugbuild build blog -a blog -o now.tar.gz "$@" >build.log 2>&1 || { cat build.log; return 1; }
}

# same: a build that makes everything anew has the same bytes.
same()
{
	slugbuild build blog -a blog -o fresh.tar.gz --no-cache >fresh.log 2>&1 || { cat fresh.log; return 1; }
	cmp now.tar.gz fresh.tar.gz
}

change()
{
	commit blog 'change'
	build
}

boxed()
{
	bwrap --unshare-all --ro-bind / / true 2>/dev/null
}
boxed || skip_all 'bubblewrap does not work here'

app_new blog
own_index blog
commit blog 'An index'

t 'the first run is one run' 'build; hasnt "$reused" build.log; grep -l "\"once\"" "$root"/store/traces/*.json'
t 'the second run shows that the first was no accident' \
	'build; hasnt "$reused" build.log; grep -l "\"confirmed\"" "$root"/store/traces/*.json'
t 'the third is not run' 'build; has "$reused" build.log; same'
t 'nor after an edit of a view' 'echo "# more" >>blog/hello/views.py; change; has "$reused" build.log; same'
t 'nor after a new file where nothing looks' \
	'mkdir blog/docs; change; echo x >blog/docs/x; commit blog x; build; hasnt "$reused" build.log; build; build
	 echo y >blog/docs/y; change; has "$reused" build.log; same'
t 'but after an edit of the settings' \
	'echo "# more" >>blog/hello/settings.py; change; hasnt "$reused" build.log
	 has "/app/hello/settings.py has changed" build.log; build; build; has "$reused" build.log; same'
t 'and after an edit of a static file' \
	'echo "i { color: red }" >>blog/static/css/site.css; change; hasnt "$reused" build.log
	 has "/app/static/css/site.css has changed" build.log; same; build; build; has "$reused" build.log; same'
t 'and after a new file among them' \
	'echo new >blog/static/css/new.css; change; hasnt "$reused" build.log
	 has "/app/static/css has changed" build.log; tar tzf now.tar.gz >names; has staticfiles/css/new.css names
	 same; build; build; has "$reused" build.log; same'
t 'and after one that is gone' \
	'rm blog/static/css/new.css; change; hasnt "$reused" build.log; same
	 tar tzf now.tar.gz >names; hasnt staticfiles/css/new.css names; build; build'
t 'and after something absent that has appeared' \
	'mkdir blog/staticfiles; echo old >blog/staticfiles/old; change; hasnt "$reused" build.log; same; build; build'
t 'and for another value of a config var' \
	'slugbuild create blog >create.log 2>&1 || { cat create.log; exit 1; }
	 slugbuild config:set -a blog COLOUR=red >/dev/null 2>&1; build; hasnt "$reused" build.log
	 build; build; has "$reused" build.log
	 slugbuild config:set -a blog COLOUR=blue >/dev/null 2>&1; build; hasnt "$reused" build.log; same
	 if grep -r blue "$root/store/traces"; then exit 1; fi'
t 'with -o no-cache it always runs' 'build; build; build --no-cache; hasnt "$reused" build.log'
t 'and by setting' 'build; has "$reused" build.log; settings remember false; build; hasnt "$reused" build.log
	settings remember true; build; has "$reused" build.log'
t 'a result that depends on the date is not reused' \
	'cat >>blog/hello/settings.py <<-"END"
		import datetime
		with open(os.path.join(BASE_DIR, "static", "year.txt"), "w") as f:
		    f.write(str(datetime.date.today().year))
	END
	change; build; has "under another date" build.log; same; build; hasnt "$reused" build.log; same
	test "$(tar xzOf now.tar.gz staticfiles/year.txt)" = "$(date +%Y)"'
t 'nor one that depends on chance' \
	'git -C blog revert --no-edit -n HEAD; commit blog; cat >>blog/hello/settings.py <<-"END"
		with open(os.path.join(BASE_DIR, "static", "chance.txt"), "w") as f:
		    f.write(os.urandom(8).hex())
	END
	change; build; has "under another date" build.log; build; hasnt "$reused" build.log'
t 'what it cannot vouch for is not remembered, and why' \
	'git -C blog revert --no-edit -n HEAD; commit blog; echo "open(\"/proc/meminfo\").read()" >>blog/hello/settings.py
	change; has "not remembered: it read /proc/meminfo" build.log; build; build; hasnt "$reused" build.log; same'
done_testing
