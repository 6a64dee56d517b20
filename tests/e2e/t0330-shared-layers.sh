#!/bin/sh
# A release's folder: the app's own files, and one symlink for each layer that did not change. What
# lies behind the symlinks is everybody's: nothing that is done in a release reaches it.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
app=$root/apps/blog/current/app

# All that the store's layers hold, with modes.
inventory()
{
	(cd "$root/store/layers" && find . -path '*/tree/*' -printf '%p %m %s %T@ %l\n' | sort
		find . -path '*/tree/*' -type f -exec sha256sum {} + | sort)
}

t 'packages and static files are symlinks into the store; unchanged ones are the same again' '
	push blog
	readlink "$app/.slugbuild/python" >one
	readlink "$app/staticfiles" >>one
	cat one
	test "$(grep -c "^$root/store/layers/[0-9a-f]*/tree/" one)" = 2
	has green "$app/staticfiles/css/site.css"
	echo "# edited" >>blog/hello/views.py
	commit blog "A line of code"
	push blog
	readlink "$app/staticfiles" >two
	tail -n 1 one | cmp - two
	has edited "$app/hello/views.py"
'

t 'the app may write beside its files; what is behind the symlinks it can only read' '
	inventory >before
	cat >try.sh <<-"END"
		id -un
		echo mine >hello/own && cat hello/own
		for target in staticfiles/css/site.css .slugbuild/python/bin/python .slugbuild/python/pyvenv.cfg; do
			if (echo broken >>"$target") 2>/dev/null; then echo "WROTE to $target"; fi
			if (rm "$target") 2>/dev/null; then echo "REMOVED $target"; fi
			if (chmod 666 "$target") 2>/dev/null; then echo "CHMOD of $target"; fi
			if (ln "$target" hello/hard) 2>/dev/null; then echo "LINKED $target"; fi
		done
		for folder in staticfiles/css .slugbuild/python/bin; do
			if (touch "$folder/new") 2>/dev/null; then echo "MADE $folder/new"; fi
			if (chmod 777 "$folder") 2>/dev/null; then echo "CHMOD of $folder"; fi
			if (mv "$folder" "$folder.away") 2>/dev/null; then echo "MOVED $folder"; fi
		done
		echo tried
	END
	slugbuild run -a blog -- sh -c "$(cat try.sh)" >tried.log 2>&1
	cat tried.log
	has mine tried.log
	has tried tried.log
	fails grep -E "WROTE|REMOVED|CHMOD|LINKED|MADE|MOVED" tried.log
	inventory >after
	cmp before after
'

if [ "$(id -u)" = 0 ]; then
	skip 'a slip of the service user does not reach the store' 'root is not stopped by modes'
else
	t 'a slip of the service user does not reach the store' '
		inventory >before
		cd "$app/"
		fails sh -c "echo broken >>staticfiles/css/site.css"
		fails sh -c "echo broken >staticfiles/css/new.css"
		fails rm -f staticfiles/css/site.css
		fails sh -c "echo broken >>.slugbuild/python/pyvenv.cfg"
		fails touch .slugbuild/python/bin/new
		cd "$WORK"
		inventory >after
		cmp before after
	'
fi

t 'a changed static file is a layer of its own; a rollback links to the former one' '
	echo "body { color: blue }" >blog/static/css/site.css
	commit blog blue
	push blog
	has blue "$app/staticfiles/css/site.css"
	slugbuild rollback -a blog
	has green "$app/staticfiles/css/site.css"
	slugbuild gc
	has green "$app/staticfiles/css/site.css"
'

t 'where the release runs collectstatic itself, its static files are its own' '
	printf "release: python manage.py collectstatic --noinput\nweb: gunicorn hello.wsgi\n" >blog/Procfile
	commit blog "Collect at release"
	push blog
	test -d "$app/staticfiles" && test ! -L "$app/staticfiles"
	test -L "$app/.slugbuild/python"
	printf "web: bin/start\n" >blog/Procfile
	mkdir blog/bin
	printf "#!/bin/sh\npython manage.py collectstatic --noinput\nexec gunicorn hello.wsgi\n" >blog/bin/start
	chmod 755 blog/bin/start
	commit blog "Collect at start"
	push blog
	test -d "$app/staticfiles" && test ! -L "$app/staticfiles"
'

t 'where the app has files of its own in STATIC_ROOT, they are together in one folder' '
	echo "web: gunicorn hello.wsgi" >blog/Procfile
	mkdir -p blog/staticfiles
	echo own >blog/staticfiles/own.txt
	commit blog "Both"
	push blog
	test ! -L "$app/staticfiles"
	has own "$app/staticfiles/own.txt"
	has blue "$app/staticfiles/css/site.css"
	git -C blog rm -rq staticfiles
'

t 'slugbuild.releaseCopy: no symlink leads out of the release' '
	settings releaseCopy true
	commit blog "Copied"
	push blog
	find "$app/" -type l -lname "$root/*" >links
	cat links
	test ! -s links
	has blue "$app/staticfiles/css/site.css"
	git config --global --unset slugbuild.releaseCopy
'

done_testing
