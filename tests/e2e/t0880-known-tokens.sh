#!/bin/sh
# What was accepted once is not looked through for tokens again; what is new is.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog

# token FILE: in two parts, so that no scanner takes this file for a leak.
token() { printf 'KEY = "sk_%s_%s"\n' live 4eC39HqLyjWDarjtT1zdp7dc >"blog/hello/$1"; }

t 'a token that the owner let pass is in what runs' '
	settings rule.secret-token off
	token old.py
	commit blog "An old token"
	push blog
	git config --global --unset slugbuild.rule.secret-token
'

t 'it is not looked for again, though its folder changed' '
	echo "HARMLESS = 1" >blog/hello/new.py
	commit blog "A neighbour"
	push blog
	hasnt "[secret-token]" push.log
'

t 'a new one is found, alone; the same in the old file, once that is touched' '
	token new.py
	commit blog "A new token"
	refused blog
	has "error[secret-token]: hello/new.py:1" push.log
	hasnt "hello/old.py" push.log
	rm blog/hello/new.py
	echo "# touched" >>blog/hello/old.py
	commit blog "The old one again"
	refused blog
	has "error[secret-token]: hello/old.py:1" push.log
	git -C blog reset -q --hard production/main
'

t 'what was refused counts as nothing: it is found again' '
	token third.py
	commit blog "Another file"
	refused blog
	echo "HARMLESS = 2" >blog/hello/more.py
	commit blog "On top of it"
	refused blog
	has "error[secret-token]: hello/third.py:1" push.log
'

done_testing
