#!/bin/sh
# Under runit: what does not start or does not answer never takes the place of what does.
. "$(dirname "$0")/lib.sh"
reason=$(lacks runsvdir sv chpst)
[ -z "$reason" ] || skip_all "$reason"

settings runner runit healthTimeout 8
app_new blog
server_new blog
runit_start

t 'a first release is served' '
	push blog
	get "$(url_of blog)/" >page
	has "Hello, world" page
	has "http://127.0.0.1:" push.log
'

still_serving()
{
	test "$(release_of blog)" = v2
	get "$(url_of blog)/" >page
	has "Hello, world" page
}

t 'an app that ends at its start is not switched to; its own words are shown' '
	git -C blog branch good
	echo "raise RuntimeError(\"cannot start, said the app\")" >>blog/hello/wsgi.py
	commit blog "Ends at once"
	push blog || true
	has "cannot start, said the app" push.log
	has "releases:retry" push.log
	still_serving
'

t 'one that answers 500 is not switched to' '
	git -C blog reset -q --hard good
	cat >blog/hello/views.py <<-"END"
		def page(environ):
		    return "500 Internal Server Error", "broken\n"
	END
	commit blog "Answers 500"
	push blog -f production main || true
	has 500 push.log
	still_serving
'

t 'one that listens but never answers is not switched to, within the limit' '
	cat >blog/hello/views.py <<-"END"
		import time
		def page(environ):
		    time.sleep(300)
	END
	commit blog "Never answers"
	start=$(date +%s)
	push blog -f production main || true
	test $(($(date +%s) - start)) -lt 60
	still_serving
'

t 'healthPath decides what is asked for, and X-Forwarded-Proto is https' '
	cat >blog/hello/views.py <<-"END"
		def page(environ):
		    if environ.get("HTTP_X_FORWARDED_PROTO") != "https" and environ["PATH_INFO"] == "/up":
		        return "403 Forbidden", "no"
		    if environ["PATH_INFO"] == "/up":
		        return "up " + environ.get("HTTP_HOST", "")
		    return "404 Not Found", "nothing here"
	END
	commit blog "Asks for /up"
	settings healthPath /up domain blog.example.com
	push blog -f production main
	has "https://blog.example.com" push.log
	curl -s -H "X-Forwarded-Proto: https" "$(url_of blog)/up" | grep "^up"
	git config --global --unset slugbuild.healthPath
	git config --global --unset slugbuild.domain
'

runit_stop
done_testing
