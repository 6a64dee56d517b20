#!/bin/sh
# Gitea runs every file of pre-receive.d even for a push that it has refused itself.
. "$(dirname "$0")/lib.sh"

t 'a Gitea repository is refused with the reason, and nothing is made' '
	git init -q --bare ada.git
	mkdir -p ada.git/hooks/pre-receive.d
	printf "#!/bin/sh\n" >ada.git/hooks/pre-receive.d/gitea
	exits 4 slugbuild hooks:install ada.git --app ada >out 2>&1
	has Gitea out
	test ! -e "$root/apps/ada"
	test ! -e ada.git/hooks/pre-receive.d/slugbuild
'

done_testing
