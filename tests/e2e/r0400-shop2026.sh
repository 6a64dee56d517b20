#!/bin/sh
# The 2026 article: pydantic-settings, a release phase, a Celery worker on a real Redis.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
wants_python 3.11
wants_runit
redis_start
postgres_start || exit 1

app_from shop2026 shop
echo 3.11 >shop/.python-version
commit shop "Python 3.11"
settings addon.postgresql "$pg_url" addon.redis "$redis_url" domain shop.example.com
server_new shop
runit_start

t 'missing variables stop the push with the whole of what Pydantic says' '
	refused shop
	has "validation error" push.log
	for name in SECRET_KEY ALLOWED_HOSTS DATABASE_URL; do has $name push.log; done
	has "Field required" push.log
	has "config:set" push.log
'

t 'an ill-typed variable likewise' '
	slugbuild addons:create postgresql -a shop >addon.log 2>&1 || { cat addon.log; false; }
	slugbuild addons:create redis -a shop >addon.log 2>&1 || { cat addon.log; false; }
	slugbuild config:set -a shop SECRET_KEY=geheim-geheim DEBUG=maybe \
		"ALLOWED_HOSTS=[\"shop.example.com\",\"127.0.0.1\"]" >set.log 2>&1
	refused shop
	has DEBUG push.log
	has "valid boolean" push.log
'

t 'then it deploys: migrated, served behind https' '
	slugbuild config:set -a shop DEBUG=false >set.log 2>&1
	push shop
	has "Applying orders.0001_initial... OK" push.log
	has "https://shop.example.com" push.log
	https "$(url_of shop)/" >page
	has "orders: 0, packed: 0" page
	https "$(url_of shop)/static/shop.css" | grep teal
'

t 'plain http is sent to https, and a foreign Host is refused' '
	curl -s -o /dev/null -w "%{http_code}\n" "$(url_of shop)/" | grep -x 301
	curl -s -o /dev/null -w "%{http_code}\n" -H "Host: evil.example.com" -H "X-Forwarded-Proto: https" "$(url_of shop)/" | grep -x 400
'

packed() { https "$(url_of shop)/" | grep "orders: 1, packed: 1"; }

t 'a Celery worker packs what the web process puts on the queue' '
	slugbuild ps:scale -a shop worker=1
	https -d item=mug "$(url_of shop)/order" | grep "ordered mug"
	wait_for 30 packed
	slugbuild logs -a shop | grep worker | tail -n 3
'

t 'a second release takes the worker along' '
	commit shop "Nothing new"
	push shop
	https -d item=cup "$(url_of shop)/order"
	wait_for 30 sh -c "curl -fsS -H \"X-Forwarded-Proto: https\" \"$(url_of shop)/\" | grep \"orders: 2, packed: 2\""
'

t 'brotli and gzip beside each collected file' '
	tar tzf "$(slug_of shop)" >list
	grep -E "staticfiles/shop\.[0-9a-f]+\.css\.br$" list || grep "staticfiles/shop" list
	has staticfiles/staticfiles.json list
'

runit_stop
redis_stop
postgres_stop
done_testing
