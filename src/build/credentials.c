#include "base/base.h"
#include "build/install.h"
#include "sys/files.h"

#include <fcntl.h>
#include <string.h>

#define NETRC_MAX (1 << 20)

/* What stands behind "password" and "account" is never shown. */
static void mask(struct sb_log *log, struct sb_span text)
{
	static const char blanks[] = " \t\r\n";
	bool secret = false;

	while (text.n) {
		struct sb_span word = { text.p, 0 };

		while (word.n < text.n && !strchr(blanks, word.p[word.n]))
			word.n++;
		if (word.n && secret) {
			SB_AUTO_FREE char *value = sb_span_dup(word);

			sb_log_mask(log, "netrc", value);
		}
		if (word.n)
			secret = sb_span_is(word, "password") || sb_span_is(word, "account");
		word.n += word.n < text.n;
		text.p += word.n;
		text.n -= word.n;
	}
}

int sb_install_credentials(struct sb_step *step, struct sb_error *err)
{
	const char *path = step->build->settings->netrc;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NETRC_MAX);

	if (!path || !*path)
		return 0;
	if (sb_read_file(&text, AT_FDCWD, path, err) < 0) {
		if (err->code == SB_ENOENT)
			sb_fail(err, SB_ECONFIG, "slugbuild.netrc names %s, which is not there", path);
		return sb_wrap(err, "the credentials of the package index");
	}
	mask(step->build->log, sb_buffer_span(&text));
	/* Where pip, uv (by the variable) and git (by the place) look. */
	sb_box_read(&step->box, path, "/slugbuild/tmp/.netrc");
	sb_step_env_path(step, "NETRC", "/slugbuild/tmp/.netrc");
	return 0;
}
