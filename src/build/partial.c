#include "build/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/setuptools.h"
#include "build/venv.h"
#include "sys/files.h"

#define METADATA_MAX (4 << 20)

/* " + django==5.2" of a dry run; what has an address behind it is never taken over. */
static void note_wanted(struct sb_partial *partial, struct sb_span output)
{
	struct sb_span line, name;

	while (sb_span_line(&output, &line)) {
		line = sb_span_trim(line);
		if (!sb_span_starts(line, "+ "))
			continue;
		line = (struct sb_span) { line.p + 2, line.n - 2 };
		if (!sb_span_cut(&line, '=', &name) || !sb_span_starts(line, "="))
			continue;
		line = (struct sb_span) { line.p + 1, line.n - 1 };
		sb_list_addf(&partial->wanted, "%.*s %.*s", SB_SPAN_ARG(name), SB_SPAN_ARG(line));
	}
}

/* The version that is wanted of a package; borrowed, or NULL. */
static const char *wanted_version(const struct sb_partial *partial, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < partial->wanted.n; i++)
		if (!strncmp(partial->wanted.item[i], name, n) && partial->wanted.item[i][n] == ' ')
			return partial->wanted.item[i] + n + 1;
	return NULL;
}

/* Metadata that makes the tool see a package: nothing of it lies there. */
static int put_stub(int packages, const char *info, struct sb_span metadata, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = sb_make_dirs_at(packages, info, 0755, err);
	SB_AUTO_FREE char *record =
		sb_xasprintf("%s/INSTALLER,,\n%s/METADATA,,\n%s/RECORD,,\n", info, info, info);

	if (dir < 0 || sb_write_scratch(dir, "METADATA", 0644, metadata, err) < 0 ||
	    sb_write_scratch(dir, "INSTALLER", 0644, sb_span_of("uv"), err) < 0)
		return -1;
	return sb_write_scratch(dir, "RECORD", 0644, sb_span_of(record), err);
}

/* Whether the stub is as it was put there. */
static bool is_stub(int packages, const char *info)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/RECORD", info);
	SB_AUTO_FREE char *record =
		sb_xasprintf("%s/INSTALLER,,\n%s/METADATA,,\n%s/RECORD,,\n", info, info, info);
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(65536);
	struct sb_error unseen = { 0 };

	return sb_read_file(&text, packages, path, &unseen) == 0 &&
	       sb_span_is(sb_buffer_span(&text), record);
}

/* The interpreter's own setuptools as a stub: "setuptools-65.5.0.dist-info", or NULL. Owned. */
static char *own_setuptools(const struct sb_install *install)
{
	SB_AUTO_FREE char *wheel = sb_setuptools_wheel(install->python);
	struct sb_span rest = sb_span_of(wheel ? strrchr(wheel, '/') + 1 : ""), name, version;

	if (!wheel || !sb_span_cut(&rest, '-', &name) || !sb_span_cut(&rest, '-', &version))
		return NULL;
	return sb_xasprintf("setuptools-%.*s.dist-info", SB_SPAN_ARG(version));
}

static int put_setuptools(int packages, const char *info, struct sb_error *err)
{
	SB_AUTO_FREE char *name = NULL, *version = NULL;

	if (!sb_info_name(info, &name, &version))
		return 0;

	SB_AUTO_FREE char *text =
		sb_xasprintf("Metadata-Version: 2.1\nName: setuptools\nVersion: %s\n", version);

	return put_stub(packages, info, sb_span_of(text), err);
}

static int ask(struct sb_partial *partial, struct sb_install *install, int packages,
	       struct sb_error *err)
{
	SB_AUTO_FREE char *info = own_setuptools(install);
	SB_AUTO_FREE char *name = NULL, *version = NULL;
	int done;

	if (info && put_setuptools(packages, info, err) < 0)
		return -1;
	done = sb_install_wheels(install, "--dry-run", err);
	if (done)
		return done < 0 ? -1 : 0;
	note_wanted(partial, sb_buffer_span(&install->output));
	if (!info)
		return 1;
	if (sb_info_name(info, &name, &version) && !wanted_version(partial, "setuptools"))
		sb_list_addf(&partial->wanted, "setuptools %s", version);
	return sb_remove_tree(packages, info, err) < 0 ? -1 : 1;
}

static void choose(struct sb_partial *partial, const struct sb_said *said)
{
	struct sb_former *former = &partial->former;

	partial->stays = sb_xcalloc(former->infos.n + 1, sizeof(*partial->stays));
	for (size_t i = 0; i < former->infos.n; i++) {
		SB_AUTO_FREE char *name = NULL, *version = NULL;
		const char *wanted;

		if (!sb_info_name(former->infos.item[i], &name, &version))
			continue;
		wanted = wanted_version(partial, name);
		partial->stays[i] = wanted && !strcmp(wanted, version) &&
				    sb_said_same(&said->lines, &former->said, name);
		partial->kept += partial->stays[i];
	}
}

static int put_stubs(const struct sb_partial *partial, int packages, struct sb_error *err)
{
	const struct sb_former *former = &partial->former;

	for (size_t i = 0; i < former->infos.n; i++) {
		const char *info = former->infos.item[i];
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s/METADATA", partial->packages, info);
		SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(METADATA_MAX);

		if (!partial->stays[i])
			continue;
		if (sb_read_file(&text, former->dir, path, err) < 0 ||
		    put_stub(packages, info, sb_buffer_span(&text), err) < 0)
			return -1;
	}
	return 0;
}

/* Whether the environment has just what is wanted: the stubs that stay, and all else. */
static bool is_complete(const struct sb_partial *partial, int packages)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error unseen = { 0 };
	size_t found = 0;

	if (sb_list_dir(&names, packages, ".", &unseen) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *name = NULL;

		if (!sb_info_name(names.item[i], &name, NULL))
			continue;
		found++;
		if (!wanted_version(partial, name))
			return false;
	}
	for (size_t i = 0; i < partial->former.infos.n; i++)
		if (partial->stays[i] && !is_stub(packages, partial->former.infos.item[i]))
			return false;
	return found == partial->wanted.n;
}

static int remove_stubs(const struct sb_partial *partial, int packages, struct sb_error *err)
{
	for (size_t i = 0; i < partial->former.infos.n; i++)
		if (partial->stays[i] &&
		    sb_remove_tree(packages, partial->former.infos.item[i], err) < 0)
			return -1;
	return 0;
}

static int install_rest(struct sb_partial *partial, struct sb_install *install, int packages,
			struct sb_error *err)
{
	int setuptools = sb_former_info(&partial->former, "setuptools");
	int done;

	if ((setuptools < 0 || !partial->stays[setuptools]) && sb_setuptools_add(install, err) < 0)
		return -1;
	if (put_stubs(partial, packages, err) < 0)
		return -1;
	done = sb_install_wheels(install, NULL, err);
	if (done || !is_complete(partial, packages))
		return done < 0 ? -1 : 0;
	sb_install_summary(install);
	return remove_stubs(partial, packages, err) < 0 ? -1 : 1;
}

static int try(struct sb_partial *partial, struct sb_install *install, const struct sb_said *said,
	       int env, struct sb_error *err)
{
	SB_AUTO_CLOSE int packages = sb_open_dir(env, partial->packages, err);
	int done = packages < 0 ? -1 : ask(partial, install, packages, err);

	if (done <= 0)
		return done;
	choose(partial, said);
	return partial->kept ? install_rest(partial, install, packages, err) : 0;
}

int sb_partial_install(struct sb_partial *partial, struct sb_install *install,
		       const struct sb_said *said, struct sb_error *err)
{
	SB_AUTO_FREE char *in_python = sb_venv_packages(install->python);
	SB_AUTO_CLOSE int deps = sb_open_dir(install->build->work, "deps", err);
	struct sb_error unseen = { 0 };
	int done;

	if (deps < 0)
		return -1;
	partial->packages = sb_xasprintf(".slugbuild/python/%s", in_python);
	if (!install->use_uv || install->requests != 1 || install->build->settings->bundle_python ||
	    install->python->major != 3 || install->python->minor < 9 ||
	    !sb_former_find(&partial->former, install, said, partial->packages))
		return 0;
	if (sb_partial_link(partial, install->build, err) < 0)
		return -1;
	done = try(partial, install, said, deps, &unseen);
	if (done < 0 && sb_cancel_asked()) {
		*err = unseen;
		return -1;
	}
	return done > 0;
}
