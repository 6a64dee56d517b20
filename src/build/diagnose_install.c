#include "build/diagnose.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 128
#define VERSION_MAX 64

/* What a failed build lacks, by what it says; the Debian package that has it. */
static const struct {
	const char *says, *package;
} lacking[] = {
	{ "pg_config executable not found", "libpq-dev" },
	{ "pg_config is required", "libpq-dev" },
	{ "libpq-fe.h", "libpq-dev" },
	{ "'pg_config'", "libpq-dev" },
	{ "Python.h: No such file", "python3-dev" },
	{ "unable to execute 'gcc'", "build-essential" },
	{ "unable to execute 'x86_64-linux-gnu-gcc'", "build-essential" },
	{ "unable to execute 'aarch64-linux-gnu-gcc'", "build-essential" },
	{ "command 'gcc' failed: No such file", "build-essential" },
	{ "command 'cc' failed: No such file", "build-essential" },
	{ "gcc' failed: No such file or directory", "build-essential" },
	{ "command 'gcc' failed with exit status 127", "build-essential" },
	{ "Unknown compiler(s)", "build-essential" },
	{ "ffi.h: No such file", "libffi-dev" },
	{ "jpeglib.h", "libjpeg-dev zlib1g-dev" },
	{ "library files could not be found for jpeg", "libjpeg-dev zlib1g-dev" },
	{ "library files could not be found for zlib", "zlib1g-dev" },
	{ "zlib.h: No such file", "zlib1g-dev" },
	{ "ft2build.h", "libfreetype6-dev" },
	{ "libxml2 and libxslt development packages", "libxml2-dev libxslt1-dev" },
	{ "libxml/xmlversion.h", "libxml2-dev libxslt1-dev" },
	{ "xmlsec1", "libxmlsec1-dev pkg-config" },
	{ "mysql_config: not found", "default-libmysqlclient-dev pkg-config" },
	{ "mysql_config not found", "default-libmysqlclient-dev pkg-config" },
	{ "valid pkg-config name", "default-libmysqlclient-dev pkg-config" },
	{ "mysql.h: No such file", "default-libmysqlclient-dev" },
	{ "openssl/opensslv.h", "libssl-dev" },
	{ "openssl/ssl.h", "libssl-dev" },
	{ "lber.h: No such file", "libldap2-dev libsasl2-dev" },
	{ "ldap.h: No such file", "libldap2-dev libsasl2-dev" },
	{ "sasl.h: No such file", "libsasl2-dev" },
	{ "gdal-config", "libgdal-dev" },
	{ "geos_c.h", "libgeos-dev" },
	{ "sqlite3.h: No such file", "libsqlite3-dev" },
	{ "curl-config", "libcurl4-openssl-dev" },
	{ "krb5-config", "libkrb5-dev" },
	{ "gmp.h: No such file", "libgmp-dev" },
	{ "sql.h: No such file", "unixodbc-dev" },
	{ "yaml.h: No such file", "libyaml-dev" },
	{ "cairo.h: No such file", "libcairo2-dev pkg-config" },
	{ "Dependency \"cairo\" not found", "libcairo2-dev pkg-config" },
	{ "libmemcached/memcached.h", "libmemcached-dev zlib1g-dev" },
	{ "the Rust package manager, is not installed", "cargo" },
	{ "can't find Rust compiler", "cargo" },
	{ "CMake must be installed", "cmake" },
	{ "pkg-config: not found", "pkg-config" },
	{ "Cannot find command 'git'", "git" },
	{ "Git executable not found", "git" },
};

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* "Flask_SQLAlchemy" and "flask-sqlalchemy" are one name. */
static bool same_name(struct sb_span a, struct sb_span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		int x = tolower((unsigned char)a.p[i]), y = tolower((unsigned char)b.p[i]);

		x = x == '_' || x == '.' ? '-' : x;
		y = y == '_' || y == '.' ? '-' : y;
		if (x != y)
			return false;
	}
	return true;
}

static struct sb_span leading_name(struct sb_span text)
{
	size_t n = 0;

	while (n < text.n && is_name_byte(text.p[n]))
		n++;
	return (struct sb_span) { text.p, n };
}

/* The name a line of a requirements or lock file is about; empty where it names none. */
static struct sb_span name_in_line(struct sb_span line)
{
	line = sb_span_trim(line);
	if (sb_span_starts(line, "name = \"")) {
		line.p += 8;
		line.n -= 8;
	} else if (sb_span_starts(line, "\"")) {
		line.p++;
		line.n--;
	}
	return leading_name(line);
}

/* Where a package is asked for. */
static bool find_line(const struct sb_diagnose *about, struct sb_span name, size_t *file,
		      unsigned *line, struct sb_span *text)
{
	for (*file = 0; *file < about->n; ++*file) {
		struct sb_span rest = about->files[*file].text, one;

		for (*line = 1; sb_span_line(&rest, &one); ++*line)
			if (same_name(name_in_line(one), name)) {
				*text = sb_span_trim(one);
				return true;
			}
	}
	return false;
}

static void point_at(const struct sb_diagnose *about, struct sb_span name, struct sb_error *err)
{
	size_t file;
	unsigned line;
	struct sb_span text;

	if (name.n && find_line(about, name, &file, &line, &text))
		sb_error_where(err, "%s:%u", about->files[file].path, line);
	else if (about->n)
		sb_error_where(err, "%s", about->files[0].path);
}

/* What stands behind `mark`, up to the end of its line; empty where it does not occur. */
static struct sb_span after(struct sb_span text, const char *mark)
{
	const char *at = sb_span_find(text, mark);
	struct sb_span rest, line = { 0 };

	if (!at)
		return (struct sb_span) { 0 };
	at += strlen(mark);
	rest = (struct sb_span) { at, (size_t)(text.p + text.n - at) };
	return sb_span_line(&rest, &line) ? line : (struct sb_span) { 0 };
}

/* How many leading bytes two versions share, up to a whole part. */
static size_t shared_parts(struct sb_span a, struct sb_span b)
{
	size_t parts = 0, i = 0;

	for (; i < a.n && i < b.n && a.p[i] == b.p[i]; i++)
		parts += a.p[i] == '.';
	return parts + (i == a.n && i == b.n);
}

/* Of "1.0, 1.1, 2.0", the one nearest to what was asked for: the last that shares most with it. */
static struct sb_span nearest_version(struct sb_span list, struct sb_span wanted)
{
	struct sb_span best = { 0 };
	size_t most = 0;

	while (list.n) {
		struct sb_span one = list;

		if (!sb_span_cut(&list, ',', &one))
			list.n = 0;
		one = sb_span_trim(one);

		size_t shares = shared_parts(one, wanted);
		bool final = sb_span_all(one, "0123456789.");

		if (one.n && one.n < VERSION_MAX && shares >= most && (final || !best.n)) {
			best = one;
			most = shares;
		}
	}
	return best;
}

static int other_python(const struct sb_diagnose *about, struct sb_span name,
			struct sb_span requires, struct sb_error *err)
{
	sb_fail(err, SB_EBUILD, "%.*s needs another Python than %s (it wants %.*s)",
		SB_SPAN_ARG(name), about->python, SB_SPAN_ARG(requires));
	point_at(about, name, err);
	sb_error_fix(err,
		     "ask for that Python in .python-version, or for a version of %.*s that "
		     "runs on %s",
		     SB_SPAN_ARG(name), about->python);
	return -1;
}

/* pip: "…6.0 Requires-Python >=3.12; …": what that version asks for; empty where it is not listed.
 */
static struct sb_span asked_python(struct sb_span output, struct sb_span version)
{
	static const char mark[] = " Requires-Python ";
	struct sb_span list = after(output, "that require a different python version");

	while (version.n && list.n) {
		struct sb_span one = list;

		if (!sb_span_cut(&list, ';', &one))
			list.n = 0;

		const char *at = sb_span_find(one, mark);

		if (!at)
			continue;

		struct sb_span its = { one.p, (size_t)(at - one.p) };

		its = sb_span_trim(its);
		if (sb_span_starts(its, ": "))
			its = (struct sb_span) { its.p + 2, its.n - 2 };
		at += strlen(mark);
		if (its.n == version.n && !memcmp(its.p, version.p, its.n))
			return (struct sb_span) { at, (size_t)(one.p + one.n - at) };
	}
	return (struct sb_span) { 0 };
}

/* pip: "…the requirement NAME==9 (from versions: a, b)". */
static int no_version(const struct sb_diagnose *about, struct sb_span wish, struct sb_error *err)
{
	struct sb_span name = leading_name(wish), spec = { wish.p + name.n, wish.n - name.n };
	const char *from = sb_span_find(wish, "(from versions:");
	struct sb_span list = { 0 }, near, number;
	struct sb_span python = after(about->output, "that require a different python version");

	for (size_t i = 0; i < spec.n; i++)
		if (spec.p[i] == ' ' || spec.p[i] == '(')
			spec.n = i;
	if (from) {
		list = (struct sb_span) { from + 15, (size_t)(wish.p + wish.n - from - 15) };
		while (list.n && list.p[list.n - 1] == ')')
			list.n--;
		list = sb_span_trim(list);
	}
	if (!list.n || sb_span_is(list, "none")) {
		if (python.n)
			return other_python(about, name, sb_span_trim(python), err);
		sb_fail(err, SB_EBUILD, "the package index has no package %.*s (for Python %s)",
			SB_SPAN_ARG(name), about->python);
		point_at(about, name, err);
		sb_error_fix(err, "is the name spelled right? If it is a private package, the "
				  "server needs its index in /etc/pip.conf");
		return -1;
	}
	number = spec;
	while (number.n && !isdigit((unsigned char)*number.p)) {
		number.p++;
		number.n--;
	}
	python = asked_python(about->output, number);
	if (python.n)
		return other_python(about, name, python, err);
	near = nearest_version(list, number);
	sb_fail(err, SB_EBUILD, "there is no %.*s%.*s for Python %s", SB_SPAN_ARG(name),
		SB_SPAN_ARG(spec), about->python);
	point_at(about, name, err);
	sb_error_fix(err, "the nearest there is: %.*s==%.*s", SB_SPAN_ARG(name), SB_SPAN_ARG(near));
	return -1;
}

static int wrong_hash(const struct sb_diagnose *about, struct sb_error *err)
{
	const char *end = about->output.p + about->output.n;
	const char *at = sb_span_find(about->output, "DO NOT MATCH THE HASHES");
	struct sb_span name = leading_name(after(about->output, "Hash mismatch for `"));
	struct sb_span rest, line, got;

	if (at) {
		rest = (struct sb_span) { at, (size_t)(end - at) };
		while (!name.n && sb_span_line(&rest, &line))
			if (sb_span_starts(line, "    ") && sb_span_find(line, " from "))
				name = leading_name(sb_span_trim(line));
	}
	got = sb_span_trim(after(about->output, " Got "));
	sb_fail(err, SB_EBUILD,
		"%.*s: the file of the package index has another hash than the lock",
		SB_SPAN_ARG(name));
	point_at(about, name, err);
	if (got.n && got.n < 100)
		sb_error_fix(err,
			     "make the lock again; if the version did not change, somebody "
			     "changed the file: it now has %.*s",
			     SB_SPAN_ARG(got));
	else
		sb_error_fix(err, "make the lock again; if the version did not change, somebody "
				  "changed the file on the index");
	return -1;
}

/* The package whose building failed. */
static struct sb_span failed_build(struct sb_span output)
{
	static const char *const marks[] = {
		"Failed building wheel for ",
		"Failed to build `",
		"Could not build wheels for ",
		"installable wheels for some pyproject.toml based projects (",
		"Failed to build ",
		"Running setup.py install for ",
	};
	struct sb_span name = { 0 }, path;

	for (size_t i = 0; i < SB_COUNT(marks) && !name.n; i++)
		name = leading_name(after(output, marks[i]));
	path = after(output, "failed with error code 1 in ");
	if (name.n || !path.n)
		return name;
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;

	const char *slash = memrchr(path.p, '/', path.n);

	if (!slash)
		return name;
	return leading_name((struct sb_span) { slash + 1, (size_t)(path.p + path.n - slash - 1) });
}

/* Its requirement line names what was being collected when metadata could not be made. */
static struct sb_span last_collected(struct sb_span output)
{
	struct sb_span rest = output, line, name = { 0 };

	while (sb_span_line(&rest, &line))
		if (sb_span_starts(line, "Collecting "))
			name = leading_name((struct sb_span) { line.p + 11, line.n - 11 });
	return name;
}

static int no_build(const struct sb_diagnose *about, struct sb_error *err)
{
	struct sb_span name = failed_build(about->output);
	struct sb_span header = after(about->output, "fatal error: ");

	if (!name.n)
		name = last_collected(about->output);
	for (size_t i = 0; i < SB_COUNT(lacking); i++) {
		if (!sb_span_find(about->output, lacking[i].says))
			continue;
		sb_fail(err, SB_EBUILD, "%.*s could not be built: the server lacks %s",
			SB_SPAN_ARG(name), lacking[i].package);
		point_at(about, name, err);
		if (same_name(name, sb_span_of("psycopg2")))
			sb_error_fix(err,
				     "on the server: apt install %s   (or ask for "
				     "psycopg2-binary instead)",
				     lacking[i].package);
		else
			sb_error_fix(err, "on the server: apt install %s", lacking[i].package);
		return -1;
	}
	sb_fail(err, SB_EBUILD, "%.*s could not be built from source for Python %s",
		SB_SPAN_ARG(name), about->python);
	point_at(about, name, err);
	if (header.n && sb_span_find(header, ".h: No such file"))
		sb_error_fix(err, "the compiler lacks %.*s; on the server: apt-file search %.*s",
			     SB_SPAN_ARG(header), SB_SPAN_ARG(leading_name(header)));
	else
		sb_error_fix(err,
			     "its own message stands above; a newer version of it may have a "
			     "wheel for Python %s",
			     about->python);
	return -1;
}

static int uv_said_no(const struct sb_diagnose *about, struct sb_error *err)
{
	struct sb_span gone = after(about->output, "there is no version of ");
	struct sb_span because = after(about->output, "Because ");
	struct sb_span name = leading_name(gone);
	struct sb_span wants = after(about->output, ") does not satisfy Python");

	if (wants.n) {
		const char *and = sb_span_find(wants, " and ");

		if (and) {
			const char *at = and+5;

			name = leading_name(
				(struct sb_span) { at, (size_t)(wants.p + wants.n - at) });
			wants.n = (size_t)(and-wants.p);
		}
		return other_python(about, name, wants, err);
	}
	if (gone.n) {
		struct sb_span wish = gone;

		for (size_t i = 0; i < wish.n; i++)
			if (wish.p[i] == ' ')
				wish.n = i;
		sb_fail(err, SB_EBUILD, "there is no %.*s for Python %s", SB_SPAN_ARG(wish),
			about->python);
	} else if (sb_span_find(about->output, "was not found in the")) {
		name = leading_name(because);
		sb_fail(err, SB_EBUILD, "the package index has no package %.*s (for Python %s)",
			SB_SPAN_ARG(name), about->python);
	} else {
		name = leading_name(because);
		sb_fail(err, SB_EBUILD, "the requirements contradict each other: because %.*s …",
			SB_SPAN_ARG(because));
	}
	point_at(about, name, err);
	sb_error_fix(err, "%s's whole reasoning stands above", about->tool);
	return -1;
}

/* What pip says in one line, about one thing: the mark, and what we call it. */
static int by_line(const struct sb_diagnose *about, struct sb_error *err)
{
	static const struct {
		const char *mark, *text;
	} known[] = {
		{ "ERROR: Cannot install ", "the requirements contradict each other: " },
		{ "Invalid requirement: ", "a line is no requirement: " },
		{ "Could not open requirements file: ", "a requirements file is missing: " },
		{ "In --require-hashes mode, ", "" },
		{ "Hashes are required", "hashes are required" },
		{ "ERROR: ", "" },
		{ "error: ", "" },
		{ "× ", "" },
	};

	for (size_t i = 0; i < SB_COUNT(known); i++) {
		struct sb_span line = sb_span_trim(after(about->output, known[i].mark));

		if (!sb_span_find(about->output, known[i].mark))
			continue;
		sb_fail(err, SB_EBUILD, "%s: %s%.*s", about->tool, known[i].text,
			SB_SPAN_ARG(line));
		point_at(about, leading_name(line), err);
		sb_error_fix(err, "%s's whole message stands above", about->tool);
		return -1;
	}
	sb_fail(err, SB_EBUILD, "%s could not install the dependencies", about->tool);
	point_at(about, (struct sb_span) { 0 }, err);
	sb_error_fix(err, "its own message stands above");
	return -1;
}

static bool is_build_failure(struct sb_span output)
{
	static const char *const marks[] = {
		"Failed building wheel",
		"Failed to build",
		"Could not build wheels",
		"subprocess-exited-with-error",
		"metadata-generation-failed",
		"failed with error code 1 in",
		"Command errored out with exit status",
		"Cannot find command 'git'",
		"Git executable not found",
	};

	for (size_t i = 0; i < SB_COUNT(marks); i++)
		if (sb_span_find(output, marks[i]))
			return true;
	return false;
}

int sb_diagnose_install(const struct sb_diagnose *about, struct sb_error *err)
{
	struct sb_span output = about->output, wish, python;

	if (sb_span_find(output, "DO NOT MATCH THE HASHES") ||
	    sb_span_find(output, "Hash mismatch for"))
		return wrong_hash(about, err);
	python = after(output, "requires a different Python: ");
	if (python.n) {
		struct sb_span name = leading_name(after(output, "Package '"));
		struct sb_span wants = after(python, "not in ");

		return other_python(about, name, wants.n ? wants : python, err);
	}
	if (sb_diagnose_network(output)) {
		sb_fail(err, SB_EAGAIN, "the package index could not be reached");
		sb_error_fix(err,
			     "nothing is wrong with the app; push again when the server's "
			     "network is back (%s's message stands above)",
			     about->tool);
		return -1;
	}
	if (is_build_failure(output))
		return no_build(about, err);
	wish = after(output, "that satisfies the requirement ");
	if (wish.n)
		return no_version(about, wish, err);
	if (sb_span_find(output, "No solution found"))
		return uv_said_no(about, err);
	return by_line(about, err);
}
