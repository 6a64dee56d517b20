#!/bin/sh
# The same push by ssh and by smart HTTP, over real servers.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/transports.sh"

app_new blog
server_new blog
ssh_start
http_start lighttpd
git -C blog remote add by-ssh "$ssh_url$(repo_of blog)"
git -C blog remote add by-http "$http_url/blog.git"

t 'by ssh' '
	push blog by-ssh main
	has "Released v2" push.log
	test "$(release_of blog)" = v2
'

t 'by HTTP' '
	commit blog "By HTTP"
	push blog by-http main
	has "Released v3" push.log
	test "$(release_of blog)" = v3
'

t 'by HTTP in chunks' '
	head -c 3000000 /dev/urandom >blog/static/noise
	commit blog "By HTTP, larger than a buffer"
	push blog by-http main
	test "$(release_of blog)" = v4
'

http_start apache
git -C blog remote add by-apache "$http_url/blog.git"
t 'by HTTP, another server' '
	head -c 3000000 /dev/urandom >blog/static/noise
	commit blog "By HTTP, larger than a buffer, again"
	push blog by-apache main
	has "Released v5" push.log
'

done_testing
