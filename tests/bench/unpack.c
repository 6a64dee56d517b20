/* Unpacks a slug as a release is: unpack SLUG FOLDER. Prints the milliseconds without and with the
 * sync to disk. */
#include "base/base.h"
#include "slug/reader.h"
#include "sys/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static int run(char **argv, struct sb_error *err)
{
	SB_AUTO_CLOSE int slug = open(argv[1], O_RDONLY | O_CLOEXEC);
	SB_AUTO_CLOSE int folder = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t began = sb_now_ms(), unpacked, size;

	if (slug < 0 || folder < 0)
		return sb_fail_sys(err, "open %s and %s", argv[1], argv[2]);
	if (sb_reader_measure(&size, slug, err) < 0 ||
	    sb_slug_unpack_part(slug, 0, size, folder, NULL, err) < 0)
		return -1;
	unpacked = sb_now_ms();
	if (syncfs(folder) < 0)
		return sb_fail_sys(err, "sync %s", argv[2]);
	printf("%" PRId64 " %" PRId64 "\n", unpacked - began, sb_now_ms() - began);
	return 0;
}

int main(int argc, char **argv)
{
	struct sb_error err = { 0 };

	if (argc != 3) {
		fputs("usage: unpack SLUG FOLDER\n", stderr);
		return 2;
	}
	if (run(argv, &err) < 0) {
		fprintf(stderr, "unpack: %s\n", err.text);
		return sb_exit_status(err.code);
	}
	return 0;
}
