#include "base/base.h"
#include "tree.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

void dice_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 1;
}

unsigned dice(unsigned sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 20) % sides);
}

#define PICK(list) ((list)[dice((unsigned)SB_COUNT(list))])

static char *random_path(void)
{
	static const char *const folders[] = { "", "", "a/", "b/", "static/", "static/", "a/b/",
					       "static/css/", "static/a/", "b/c/a/" };
	static const char *const names[] = { "x",	"y",	  "z.css", "one.txt", "run.sh",
					     "m.py", "a", "b", "c", "static" };

	return sb_xasprintf("%s%s", PICK(folders), PICK(names));
}

static char *random_text(void)
{
	static const char *const texts[] = {
		"",
		"body { color: %u }\n",
		"%u\n",
		"#!/bin/sh\necho %u; cat x; ls a\n",
		"#!/app/a/x\n%u\n",
		"import os\nvalue = %u\n",
		"many %u\nlines\nof\ntext\n",
	};
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	const char *one = PICK(texts);
	const char *at = strstr(one, "%u");

	if (!at)
		return sb_xstrdup(one);
	sb_buffer_add(&text, (struct sb_span) { one, (size_t)(at - one) });
	sb_buffer_addf(&text, "%u", dice(50));
	sb_buffer_adds(&text, at + 2);
	return sb_buffer_detach(&text);
}

static char *random_target(void)
{
	static const char *const targets[] = { "x",	"../x",		"a",	     "../a",
					       ".",	"..",		"../static", "/app/static",
					       "/app/a/x", "b/c", "/etc/os-release", "nowhere",
					       "static/css", "../../b" };

	return sb_xstrdup(PICK(targets));
}

static void drop(struct site *site, size_t at)
{
	free(site->item[at].path);
	free(site->item[at].text);
	site->item[at] = site->item[--site->n];
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return !strncmp(path, folder, n) && path[n] == '/';
}

/* A new thing takes the place of what stands in its way. */
static void put(struct site *site, char *path, int kind, char *text)
{
	for (size_t i = 0; i < site->n;) {
		const char *other = site->item[i].path;

		if (!strcmp(other, path) || is_below(other, path) || is_below(path, other))
			drop(site, i);
		else
			i++;
	}
	sb_grow(&site->item, site->n, sizeof(*site->item));
	site->item[site->n++] = (struct thing) { path, kind, text };
}

static void put_random(struct site *site)
{
	char *path = random_path();

	if (!dice(6))
		put(site, path, THING_LINK, random_target());
	else
		put(site, path, dice(5) ? THING_FILE : THING_PROGRAM, random_text());
}

/* A path to ask for: mostly one that is there or its folder, at times written in another way. */
static char *asked_path(const struct site *site)
{
	SB_AUTO_FREE char *path =
		site->n && dice(5) ? sb_xstrdup(site->item[dice((unsigned)site->n)].path) :
				     random_path();
	char *slash = strrchr(path, '/');

	if (!strcmp(path, "manage.py"))
		*path = '\0';
	if (slash && !dice(3))
		*slash = '\0';
	if (!*path)
		return sb_xstrdup(".");
	switch (dice(14)) {
	case 0:
		return sb_xasprintf("./%s", path);
	case 1:
		return sb_xasprintf("a/../%s", path);
	case 2:
		return sb_xasprintf("/app/%s", path);
	case 3:
		return sb_xasprintf("static/.././/%s", path);
	case 4:
		return sb_xasprintf("b/%s", path);
	case 5:
		return sb_xasprintf("%s/x", path);
	default:
		return SB_STEAL(path);
	}
}

static char *c_collector(const struct site *site, const struct sb_list *ways)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	unsigned n = 1 + dice(7);

	sb_buffer_adds(&text, "#!collector\n");
	for (unsigned i = 0; i < n; i++) {
		const char *way = ways->item[dice((unsigned)ways->n)];
		SB_AUTO_FREE char *p = asked_path(site);
		SB_AUTO_FREE char *q = asked_path(site);

		/* What is never remembered shows nothing: now and then is enough. */
		if (!strncmp(way, "chance", 6) && dice(6))
			way = "read";
		sb_buffer_addf(&text, "%s %s %s\n", way, p, q);
	}
	return sb_buffer_detach(&text);
}

static char *sh_collector(const struct site *site)
{
	static const char *const lines[] = {
		"cp -R '%s' staticfiles/ 2>&1",
		"cp -pR '%s' staticfiles/ 2>&1",
		"find '%s' -name '*.css' 2>&1 | sort",
		"ls -1p '%s' 2>&1",
		"cat '%s'/* 2>&1",
		"test -e '%s' && echo is",
		"test -x '%s' && echo runs",
		"(cd '%s' && cat ../x y; pwd) 2>&1",
		"grep -rs color '%s' | sort",
		/* Not through a pipe: what is unpacked below what is packed is raced for. */
		"tar cf t.tar --mtime=@0 '%s' 2>/dev/null; tar xf t.tar -C staticfiles 2>&1; rm -f t.tar",
		"for f in '%s'/*; do echo \"$f\"; done",
		"[ '%s' -nt x ] && echo newer",
		"sha256sum '%s' 2>&1",
		"ln -s '/app/%s' l 2>&1; cat l/x l 2>&1; rm -f l",
		"while read -r l; do echo \"$l\"; done <'%s' 2>&1",
		"readlink -f '%s'",
		"mv '%s' moved 2>&1 && cat moved 2>&1; mv moved '%s' 2>&1",
		"gzip -nkc '%s' >staticfiles/z.gz 2>&1",
		"env | sort | grep -v PWD",
	};
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	unsigned n = 1 + dice(4);

	sb_buffer_adds(&text, "#!sh\nmkdir -p staticfiles\n{\n");
	for (unsigned i = 0; i < n; i++) {
		SB_AUTO_FREE char *p = asked_path(site);
		const char *line = PICK(lines), *at;

		while ((at = strstr(line, "%s"))) {
			sb_buffer_add(&text, (struct sb_span) { line, (size_t)(at - line) });
			sb_buffer_adds(&text, p);
			line = at + 2;
		}
		sb_buffer_addf(&text, "%s\n", line);
	}
	sb_buffer_adds(&text, "true\n} >staticfiles/learned\n"
			      "echo \"1 static file copied to '/app/staticfiles'.\"\n");
	return sb_buffer_detach(&text);
}

static char *py_collector(const struct site *site)
{
	static const char *const bodies[] = {
		"say(sorted(os.walk(P)))",
		"say(sorted(glob.glob(P + '/**', recursive=True)))",
		"say([(e.name, e.is_dir(), e.is_symlink()) for e in os.scandir(P)])",
		"say(os.listdir(P))",
		"shutil.copytree(P, 'staticfiles/copied', symlinks=True)",
		"say(sorted(str(p) for p in pathlib.Path(P).rglob('*')))",
		"sys.path.insert(0, '/app'); import m; say(m.value)",
		"sys.path.insert(0, '/app'); import a.m; say(a.m.value)",
		"import importlib; sys.path.insert(0, P); say(importlib.import_module('m').value)",
		"import runpy; say(sorted(runpy.run_path(P).keys()))",
		"import zipfile, zipimport\nzipfile.ZipFile('made.zip', 'w').write(P, 'zm.py')\n"
		"say(zipimport.zipimporter('made.zip').get_code('zm').co_consts)\nos.unlink('made.zip')",
		"import sqlite3\nd = sqlite3.connect('made.db'); d.execute('create table t (x)')\n"
		"d.execute('insert into t values (?)', (open(P).read(),)); d.commit()\n"
		"say(d.execute('select * from t').fetchall()); d.close(); os.unlink('made.db')",
		"import ctypes\nc = ctypes.CDLL(None); f = c.open(P.encode(), 0)\n"
		"b = ctypes.create_string_buffer(64); n = c.read(f, b, 63); say(n, b.value)",
		"import subprocess\nsay(subprocess.run(['cat', P], capture_output=True))",
		"import concurrent.futures as f\n"
		"with f.ThreadPoolExecutor() as e: say(list(e.map(os.path.isfile, [P, Q, 'x', 'a'])))",
		"import multiprocessing as m\n"
		"with m.get_context('fork').Pool(2) as p: say(p.map(os.path.isfile, [P, Q]))",
		"import tempfile\nwith tempfile.NamedTemporaryFile() as t:\n"
		"    t.write(open(P, 'rb').read()); t.flush(); say(os.path.getsize(t.name))",
		"import gzip\nwith gzip.GzipFile('staticfiles/g.gz', 'wb', mtime=0) as g:\n"
		"    g.write(open(P, 'rb').read())",
		"import py_compile\nsay(bool(py_compile.compile(P, cfile='staticfiles/c.bin',\n"
		"    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, doraise=True)))",
		"say(os.path.samefile(P, Q))",
		"say(os.path.realpath(P), os.path.exists(Q), os.stat(P).st_size)",
		"import mmap\nwith open(P, 'rb') as f: say(mmap.mmap(f.fileno(), 0, prot=1)[:])",
		"import filecmp; say(filecmp.cmp(P, Q, shallow=False))",
		"import uuid; say(uuid.uuid4())",
		"import random; say(random.random())",
		"import time; say(time.strftime('%Y'))",
		"d = os.open(P, os.O_RDONLY); os.fchdir(d); say(os.listdir('.')); os.chdir('/app')",
		"import socket; s = socket.socket(); say(s.connect_ex(('127.0.0.1', 9)))",
		"say(sorted(os.environ.items()))",
	};
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	unsigned n = 1 + dice(3);

	sb_buffer_adds(&text, "#!py\nimport glob, os, pathlib, shutil, sys\n"
			      "os.makedirs('staticfiles', exist_ok=True)\n"
			      "out = open('staticfiles/learned', 'w')\n"
			      "def say(*what): print(*what, file=out)\n");
	for (unsigned i = 0; i < n; i++) {
		SB_AUTO_FREE char *p = asked_path(site);
		SB_AUTO_FREE char *q = asked_path(site);

		sb_buffer_addf(&text, "P, Q = %c%s%c, %c%s%c\ntry:\n", '"', p, '"', '"', q, '"');
		for (const char *at = PICK(bodies); *at; at++) {
			if (at[0] == '\n')
				sb_buffer_adds(&text, "\n    ");
			else
				sb_buffer_addf(&text, "%s%c", text.p[text.n - 1] == '\n' ? "    " : "", *at);
		}
		sb_buffer_adds(&text, "\nexcept Exception as e: say(type(e).__name__, getattr(e, 'errno', 0))\n");
	}
	sb_buffer_adds(&text, "out.close()\nprint(\"1 static file copied to '/app/staticfiles'.\")\n");
	return sb_buffer_detach(&text);
}

static char *random_collector(const struct site *site, const struct sb_list *ways)
{
	unsigned which = dice(20);

	return which < 14 ? c_collector(site, ways) : which < 18 ? sh_collector(site) : py_collector(site);
}

bool site_has_chance(const struct site *site)
{
	for (size_t i = 0; i < site->n; i++)
		if (!strcmp(site->item[i].path, "manage.py"))
			return strstr(site->item[i].text, "\nchance_") != NULL;
	return false;
}

void site_make(struct site *site, const struct sb_list *ways)
{
	unsigned n = 8 + dice(14);

	for (unsigned i = 0; i < n; i++)
		put_random(site);
	put(site, sb_xstrdup("manage.py"), THING_FILE, random_collector(site, ways));
}

void site_plain(struct site *site, const char *way)
{
	put(site, sb_xstrdup("x"), THING_FILE, sb_xstrdup("one\n"));
	put(site, sb_xstrdup("y"), THING_FILE, sb_xstrdup("two\n"));
	put(site, sb_xstrdup("a/x"), THING_PROGRAM, sb_xstrdup("#!/bin/sh\necho three\n"));
	put(site, sb_xstrdup("a/y"), THING_LINK, sb_xstrdup("../y"));
	put(site, sb_xstrdup("static/z.css"), THING_FILE, sb_xstrdup("four\n"));
	put(site, sb_xstrdup("manage.py"), THING_FILE,
	    sb_xasprintf("#!collector\n%s %s a\n", way,
			 !strncmp(way, "exec", 4) ? "a/x" :
			 !strcmp(way, "list") || !strcmp(way, "getdents") || !strcmp(way, "walk") ||
					 !strcmp(way, "chdir") || !strcmp(way, "fchdir") ?
						    "static" :
			 !strcmp(way, "readlink") ? "a/y" :
						    "x"));
}

static size_t any(const struct site *site)
{
	return dice((unsigned)site->n);
}

static void edit_one(struct site *site, const struct sb_list *ways, char said[256])
{
	struct thing *thing = &site->item[any(site)];
	bool script = !strcmp(thing->path, "manage.py");
	char *path = sb_xstrdup(thing->path);

	snprintf(said, 256, "%.200s", path);
	switch (dice(script ? 2 : 8)) {
	case 0:
	case 1:
		if (script && dice(4))
			break; /* mostly the collector stays what it is */
		free(thing->text);
		thing->text = script ? random_collector(site, ways) :
			      thing->kind == THING_LINK ? random_target() : random_text();
		break;
	case 2:
		drop(site, (size_t)(thing - site->item));
		break;
	case 3:
		if (thing->kind != THING_LINK)
			thing->kind = thing->kind == THING_FILE ? THING_PROGRAM : THING_FILE;
		break;
	case 4: { /* renamed */
		char *text = sb_xstrdup(thing->text);
		int kind = thing->kind;

		drop(site, (size_t)(thing - site->item));
		put(site, random_path(), kind, text);
		break;
	}
	case 5: /* a file becomes a folder, or what was a folder a file */
		put(site, sb_xasprintf("%s/%s", path, "x"), THING_FILE, random_text());
		break;
	case 6: {
		char *slash = strrchr(path, '/');

		if (slash) {
			*slash = '\0';
			put(site, sb_xstrdup(path), dice(2) ? THING_FILE : THING_LINK, random_target());
		}
		break;
	}
	default:
		put(site, sb_xstrdup(path), THING_LINK, random_target());
	}
	free(path);
}

static bool has_script(const struct site *site)
{
	for (size_t i = 0; i < site->n; i++)
		if (!strcmp(site->item[i].path, "manage.py"))
			return true;
	return false;
}

void site_edit(struct site *site, const struct sb_list *ways, char said[256])
{
	unsigned n = 1 + dice(2);

	for (unsigned i = 0; i < n; i++) {
		if (dice(3)) {
			edit_one(site, ways, said);
		} else {
			put_random(site);
			snprintf(said, 256, "+%.200s", site->item[site->n - 1].path);
		}
	}
	if (!has_script(site))
		put(site, sb_xstrdup("manage.py"), THING_FILE, random_collector(site, ways));
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct thing *)a)->path, ((const struct thing *)b)->path);
}

static void must(int done)
{
	if (done < 0) {
		fprintf(stderr, "libgit2: %s\n", git_error_last()->message);
		exit(2);
	}
}

/* What lies below `prefix` among sorted things. */
static void write_level(const struct site *site, git_repository *git, const char *prefix, git_oid *out)
{
	git_treebuilder *builder;
	size_t n = strlen(prefix);

	must(git_treebuilder_new(&builder, git, NULL));
	for (size_t i = 0; i < site->n; i++) {
		const struct thing *thing = &site->item[i];
		const char *name = thing->path + n, *slash;
		git_oid id;

		if (strncmp(thing->path, prefix, n) != 0)
			continue;
		slash = strchr(name, '/');
		if (slash) {
			SB_AUTO_FREE char *one = sb_span_dup((struct sb_span) { name, (size_t)(slash - name) });
			SB_AUTO_FREE char *below = sb_xasprintf("%s%s/", prefix, one);

			if (git_treebuilder_get(builder, one))
				continue;
			write_level(site, git, below, &id);
			must(git_treebuilder_insert(NULL, builder, one, &id, GIT_FILEMODE_TREE));
			continue;
		}
		must(git_blob_create_from_buffer(&id, git, thing->text, strlen(thing->text)));
		must(git_treebuilder_insert(NULL, builder, name, &id,
					    thing->kind == THING_LINK	 ? GIT_FILEMODE_LINK :
					    thing->kind == THING_PROGRAM ? GIT_FILEMODE_BLOB_EXECUTABLE :
									   GIT_FILEMODE_BLOB));
	}
	must(git_treebuilder_write(out, builder));
	git_treebuilder_free(builder);
}

void site_write(const struct site *site, git_repository *git, char tree[SB_OID_MAX + 1])
{
	git_oid id;

	qsort(site->item, site->n, sizeof(*site->item), by_path);
	write_level(site, git, "", &id);
	git_oid_tostr(tree, SB_OID_MAX + 1, &id);
}

void site_show(const struct site *site)
{
	for (size_t i = 0; i < site->n; i++) {
		struct sb_span rest = sb_span_of(site->item[i].text), line;

		printf("# %d %s\n", (int)site->item[i].kind, site->item[i].path);
		while (sb_span_line(&rest, &line))
			printf("#     %.*s\n", SB_SPAN_ARG(line));
	}
}

void site_release(struct site *site)
{
	while (site->n)
		drop(site, site->n - 1);
	free(site->item);
	*site = (struct site) { 0 };
}
