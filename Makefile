# make            build everything into build/release
# make demo       deploy a small Django app into build/demo, serve it, roll back
# make check      lint, unit tests, fuzz corpora and end-to-end tests
# make SAN=address,undefined check      the same under sanitizers, in a tree of its own
# make check-hostile   hundreds of hostile pushes, with git's own checks off and on
# make check-sha256    the end-to-end tests once more, in repositories of SHA-256
# make check-hosts     real Git hosts: Gitea (built where there is a Go), gitolite, GitLab's hook runner
# make check-faults    kill -9 and a full disk at every step of a publication; the largest pushes
# make real       end-to-end tests on real Django apps (package index, PostgreSQL, Redis)
# make soundness N=10000 SEED=1         is what is remembered what a fresh run makes? (random edits)
# make bench      measure; ratios against the usual ways, in one run; a table and a picture of them
# make bench-all  the same, with trees of 100,000 and 1,000,000 files
# make fuzz-NAME SECS=60                search for new inputs with libFuzzer
# make coverage   line coverage of unit, fuzz and end-to-end tests
# make install    PREFIX=/usr/local DESTDIR=
# make uninstall
# make deps       install what building, testing and running needs (Debian, root)
# make help       this list

VERSION    := 0.1.0
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/slugbuild
DATADIR    ?= $(PREFIX)/share/slugbuild
MANDIR     ?= $(PREFIX)/share/man
DESTDIR    ?=
PKGS       := libgit2 libarchive zlib jansson libdeflate libcrypto libseccomp
PKG_CONFIG ?= pkg-config

# One build tree per kind of build: changing flags never mixes objects.
SAN  ?=
kind := $(or $(KIND),$(if $(SAN),san,release))
B    := build/$(kind)

CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wwrite-strings -Wstrict-prototypes \
            -Wmissing-prototypes -Wconversion -Wno-sign-conversion -Wpointer-arith -Wundef
ALL_CPPFLAGS = -Isrc -D_GNU_SOURCE -DSB_VERSION='"$(VERSION)"' -DSB_DATADIR='"$(DATADIR)"' \
               -DSB_LIBEXECDIR='"$(LIBEXECDIR)"' -DSB_BINDIR='"$(BINDIR)"' $(CPPFLAGS)
ALL_CFLAGS   = -std=gnu11 -pthread $(WARN) $(if $(WERROR),-Werror) -fstack-protector-strong -fno-common \
               $(pkg_cflags) \
               $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
               $(if $(SAN)$(KIND),,-D_FORTIFY_SOURCE=2) \
               $(CFLAGS)
ALL_LDFLAGS  = -pthread $(if $(SAN),-fsanitize=$(SAN)) -Wl,-z,relro,-z,now $(LDFLAGS)
pkg_cflags  := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS        := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

# What there is to build is what lies in the folders: a new file needs no line here.
lib_src  := $(wildcard src/*/*.c)
unit_src := $(wildcard tests/unit/test_*.c)
fuzz_src := $(wildcard tests/fuzz/fuzz_*.c)
lib      := $(B)/libslugbuild.a
bins     := $(B)/bin/slugbuild $(B)/bin/pre-receive $(B)/bin/post-receive
made_page := $(B)/man/slugbuild-rules.7
units    := $(unit_src:tests/unit/%.c=$(B)/unit/%)
fuzzers  := $(fuzz_src:tests/fuzz/%.c=$(B)/fuzz/%)

export LSAN_OPTIONS := suppressions=$(CURDIR)/tests/lint/lsan.supp:print_suppressions=0
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

.PHONY: all check check-hostile check-hosts unit fuzz e2e soundness lint format coverage install uninstall clean help deps demo real bench bench-all libraries
.SECONDARY:
all: $(bins) $(made_page)
libraries:
	$(Q)$(PKG_CONFIG) --exists --print-errors $(PKGS) || { echo 'sudo make deps installs what is needed' >&2; exit 1; }

$(B)/obj/%.o: %.c | libraries
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(lib): $(lib_src:%.c=$(B)/obj/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define link
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS) $(1)
endef

# The rules' manual page is made of the table in the source.
$(made_page): $(B)/bin/slugbuild
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$< explain --mdoc >$@.new && mv $@.new $@

$(B)/bin/slugbuild: $(B)/obj/src/slugbuild.o $(lib)
	$(call link)
$(B)/bin/%-receive: $(B)/obj/hooks/%-receive.o $(lib)
	$(call link)
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(lib)
	$(call link,-lcmocka)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/replay.o $(lib)
	$(call link)

$(B)/bench/%: $(B)/obj/tests/bench/%.o $(lib)
	$(call link)

# On a machine that had none of what is needed, make itself has to look again.
check: deps
	$(Q)$(MAKE) --no-print-directory lint unit fuzz e2e
unit: $(units)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -j2 -e '' $(units)
fuzz: $(fuzzers)
	$(Q)for f in $(fuzzers:$(B)/fuzz/fuzz_%=%); do \
		prove -e '' $(B)/fuzz/fuzz_$$f :: tests/fuzz/corpus/$$f/* || exit 1; done
# The library once with the sanitizers and the fuzzer's counters; each target is linked to it.
fuzz-%:
	$(Q)mkdir -p build/corpus-$*
	$(Q)$(MAKE) --no-print-directory KIND=libfuzzer CC=clang WARN= \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
		build/libfuzzer/libslugbuild.a
	$(Q)clang -g $(ALL_CPPFLAGS) $(pkg_cflags) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o build/$@ tests/fuzz/fuzz_$*.c build/libfuzzer/libslugbuild.a $(LIBS)
	build/$@ -max_total_time=$(or $(SECS),60) build/corpus-$* tests/fuzz/corpus/$*
e2e: all
	$(Q)BIN=$(CURDIR)/$(B)/bin tests/e2e/run $(T)
# The collector is linked statically: it starts in no time, and ten thousand runs are some minutes.
$(B)/soundness/collector: tests/soundness/collector.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -O1 -Wall -Wextra $(if $(WERROR),-Werror) -static -pthread -o $@ $<
$(B)/soundness/soundness: $(B)/obj/tests/soundness/soundness.o $(B)/obj/tests/soundness/tree.o $(lib)
	$(call link)
soundness: $(B)/soundness/soundness $(B)/soundness/collector
	$(Q)$< $(B)/soundness/collector --table
	$(Q)$< $(B)/soundness/collector $(or $(N),500) $(or $(SEED),1)
.PHONY: check-faults check-sha256
check-faults: all
	$(Q)BIN=$(CURDIR)/$(B)/bin SB_TEST_SECONDS=1500 tests/e2e/run -j 1 k
check-hostile: all
	$(Q)BIN=$(CURDIR)/$(B)/bin prove -e '' tests/hostile/run
check-sha256: all
	$(Q)GIT_DEFAULT_HASH=sha256 BIN=$(CURDIR)/$(B)/bin tests/e2e/run $(T)
check-hosts: all
	$(Q)tests/hosts/build-gitea
	$(Q)BIN=$(CURDIR)/$(B)/bin tests/e2e/run --hosts $(T)
real: all
	$(Q)BIN=$(CURDIR)/$(B)/bin tests/e2e/run --real $(T)
bench: all $(B)/bench/compress $(B)/bench/check_push $(B)/bench/unpack
	$(Q)BIN=$(CURDIR)/$(B)/bin tests/bench/run
bench-all: all $(B)/bench/compress $(B)/bench/check_push $(B)/bench/unpack
	$(Q)BIN=$(CURDIR)/$(B)/bin tests/bench/run --all
demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BIN=$(CURDIR)/$(B)/bin tests/demo
deps:
	$(Q)tests/deps

BANNED := strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|system|popen|mktemp|tmpnam|gmtime|localtime
lint: $(bins)
	$(Q)tests/lint/layers.sh
	$(Q)tests/lint/scenarios.sh
	$(Q)tests/lint/negations.sh
	$(Q)for h in $(wildcard src/*/*.h); do \
		$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -fsyntax-only -x c $$h || exit 1; done
	$(Q)pmccabe $(lib_src) src/*.c hooks/*.c | awk '$$1 > 15 || $$5 > 60 { print; bad = 1 } END { exit bad }'
	$(Q)! nm -A -u $(lib) 2>/dev/null | grep -wE '(__)?($(BANNED))(_chk)?'
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')
coverage:
	$(MAKE) KIND=cov CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage unit fuzz e2e
	lcov -q -c -d build/cov -o build/cov/lcov.info 2>/dev/null && lcov --summary build/cov/lcov.info

# What of templates/ is not data: it goes where its readers look.
placed     := man completion systemd sudoers
filled      = sed -e 's|@DATADIR@|$(DATADIR)|g' -e 's|@BINDIR@|$(BINDIR)|g' \
	      -e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g'
COMPDIR    ?= $(PREFIX)/share/bash-completion/completions
UNITDIR    ?= $(PREFIX)/lib/systemd/system
man_pages  := $(notdir $(wildcard templates/man/*.[1-9]) $(made_page))
man_placed  = $(foreach page,$(man_pages),$(MANDIR)/man$(patsubst .%,%,$(suffix $(page)))/$(page))
unit_files := $(notdir $(wildcard templates/systemd/*))
install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBEXECDIR) $(DATADIR) $(COMPDIR) $(UNITDIR) \
		$(sort $(dir $(man_placed))))
	install -m 755 $(B)/bin/slugbuild $(DESTDIR)$(BINDIR)/
	install -m 755 $(B)/bin/pre-receive $(B)/bin/post-receive $(DESTDIR)$(LIBEXECDIR)/
	cp -R $(filter-out $(placed:%=templates/%),$(wildcard templates/*)) $(DESTDIR)$(DATADIR)/
	chmod -R u=rwX,go=rX $(DESTDIR)$(DATADIR)
	$(filled) templates/sudoers >$(DESTDIR)$(DATADIR)/sudoers
	for unit in $(unit_files); do \
		$(filled) templates/systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit || exit 1; done
	for page in $(man_placed); do \
		$(filled) $$(ls templates/man/$${page##*/} $(B)/man/$${page##*/} 2>/dev/null) >$(DESTDIR)$$page || \
		exit 1; done
	install -m 644 templates/completion/slugbuild.bash $(DESTDIR)$(COMPDIR)/slugbuild
	chmod 644 $(addprefix $(DESTDIR),$(DATADIR)/sudoers $(unit_files:%=$(UNITDIR)/%) $(man_placed))
uninstall:
	rm -f $(addprefix $(DESTDIR),$(BINDIR)/slugbuild $(COMPDIR)/slugbuild $(unit_files:%=$(UNITDIR)/%) $(man_placed))
	rm -rf $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR)
clean:
	rm -rf build
help:
	@sed -n 's/^# make/make/p' Makefile

-include $(shell find $(B) -name '*.d' 2>/dev/null)
