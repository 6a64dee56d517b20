#!/bin/sh
# One repository, several apps, each in a folder of its own.
. "$(dirname "$0")/lib.sh"

app_new shop
app_new site
mkdir -p mono/apps
rm -rf shop/.git site/.git
mv shop site mono/apps/
git init -q mono
commit mono "Two apps"
server_new shop
git -C mono remote add production "$(repo_of shop)"
slugbuild hooks:install "$(repo_of shop)" --app site >install.log 2>&1 || cat install.log
conf() { git -C "$(repo_of shop)" config "$@"; }
conf --unset slugbuild.app
conf slugbuild.shop.path apps/shop
conf slugbuild.site.path apps/site

t 'the first push builds both, each from its folder' '
	push mono
	test "$(release_of shop)" = v2
	test "$(release_of site)" = v2
	tar tzf "$(slug_of site)" >names
	grep -x "\(./\)*Procfile" names
	fails grep apps/shop names
'

t 'only the one that changed is built; of the other a line says since when it is as it is' '
	echo "# more" >>mono/apps/shop/hello/views.py
	commit mono "Only the shop"
	push mono
	test "$(release_of shop)" = v3
	test "$(release_of site)" = v2
	has "site: unchanged since v2: not built" push.log
	hasnt "Building site" push.log
	hasnt "Nothing is staged" push.log
	slugbuild config:set -a site A=b
	echo notes >mono/README
	commit mono "Neither"
	push mono
	has "shop: unchanged since v3: not built" push.log
	has "site: unchanged since v3: not built" push.log
	test "$(release_of shop)" = v3
	slugbuild releases:wait "$(git -C mono rev-parse HEAD)" -a site --timeout 20 | grep "^v3 is current, and has the same files"
	slugbuild releases:wait "$(git -C mono rev-parse HEAD | cut -c1-9)" -a shop --timeout 20 | grep "^v3 is current"
	slugbuild releases:wait "$(git -C mono rev-parse HEAD~1)" -a shop --timeout 20 | grep "^v3 is current$"
	git -C mono commit -q --allow-empty -m "Not pushed"
	exits 75 slugbuild releases:wait "$(git -C mono rev-parse HEAD)" -a site --timeout 1
	git -C mono reset -q --hard HEAD~1
'

t 'a finding in one app refuses the push, and the other is not looked at' '
	echo "web: gunicorn nowhere.wsgi" >mono/apps/site/Procfile
	commit mono "A bad site"
	standing shop >before
	fails push mono
	standing shop | cmp before -
	has nowhere.wsgi push.log
	has "shop: unchanged since v3: not built" push.log
	git -C mono reset -q --hard HEAD~1
'

t 'no-cache builds all of them' '
	git -C mono commit -q --allow-empty -m again
	push mono -o no-cache production main
	test "$(release_of shop)" = v4
	test "$(release_of site)" = v4
'

t 'a folder that is gone is named' '
	git -C mono mv apps/site apps/www
	commit mono Moved
	fails push mono
	has "the pushed tree has no folder apps/site" push.log
'

done_testing
