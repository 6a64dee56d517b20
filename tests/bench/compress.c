/* Makes a slug of one folder: compress FOLDER STORE OUT. Prints bytes in, bytes out, pieces, pieces
 * reused. */
#include "base/base.h"
#include "slug/slug.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

static int run(char **argv, struct sb_error *err)
{
	SB_AUTO_CLOSE int folder = open(argv[1], O_RDONLY | O_DIRECTORY);
	SB_AUTO_CLOSE int pieces = open(argv[2], O_RDONLY | O_DIRECTORY);
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_layer) layer = { 0 };
	SB_AUTO(sb_slug) slug = { 0 };
	struct sb_piece_store store = { .dir = pieces, .path = argv[2] };

	sb_settings_init(&settings);
	settings.slug_bytes = INT64_MAX;
	if (folder < 0 || pieces < 0)
		return sb_fail_sys(err, "open %s and %s", argv[1], argv[2]);
	if (sb_layer_from_folder(&layer, "bench", folder, NULL, &store, &settings, err) < 0 ||
	    sb_slug_write(&slug, &layer, 1, AT_FDCWD, argv[3], &settings, err) < 0)
		return -1;
	printf("%" PRId64 " %" PRId64 " %zu %zu\n", layer.raw, slug.size, layer.n, layer.reused);
	return 0;
}

int main(int argc, char **argv)
{
	struct sb_error err = { 0 };

	if (argc != 4) {
		fputs("usage: compress FOLDER STORE OUT\n", stderr);
		return 2;
	}
	if (run(argv, &err) < 0) {
		fprintf(stderr, "compress: %s\n", err.text);
		return sb_exit_status(err.code);
	}
	return 0;
}
