# Pushes: the second makes the run that confirms the first's, the third reuses it.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
reused='nothing it read has changed'
settings remember true
cp -R "$wheels" index
port=$((low_port + 19))
/usr/bin/python3 -m http.server --bind 127.0.0.1 -d index $port >index.log 2>&1 &
wait_for 10 curl -fs "http://127.0.0.1:$port/"
app_new blog
rm -r blog/wheels
sed -i "s|--find-links.*|--find-links http://127.0.0.1:$port/|" blog/requirements.txt
commit blog 'An index'
server_new blog
t 'the second push makes the second run' \
	'push blog; hasnt "$reused" push.log
	 echo "# more" >>blog/hello/views.py; commit blog; push blog; hasnt "$reused" push.log
	 grep -l "\"confirmed\"" "$root"/store/traces/*.json'
t 'the third does not run collectstatic, and its files are there' \
	'echo "# more" >>blog/hello/views.py; commit blog; push blog; has "$reused" push.log
	 tar tzf "$(slug_of blog)" >names; has staticfiles/css/site.css names'
t 'a push that changes a static file does' \
	'echo "b {}" >>blog/static/css/site.css; commit blog; push blog; hasnt "$reused" push.log
	 has "/app/static/css/site.css has changed" push.log
	 tar xzOf "$(slug_of blog)" staticfiles/css/site.css | grep "^b {}"'
done_testing
