#include "base/base.h"
#include "cli/commands.h"
#include "slug/slug.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct listing {
	json_t *list; /* --json, or NULL: printed as it comes */
	int64_t files, bytes;
};

static int each(void *ctx, const struct sb_slug_entry *entry)
{
	static const struct sb_log plain = SB_LOG_INIT;
	struct listing *listing = ctx;
	SB_AUTO(sb_buffer) name = SB_BUFFER_INIT(1 << 16);
	time_t at = entry->mtime;
	char date[32] = "";
	struct tm tm;

	listing->files += !entry->is_dir && !entry->link;
	listing->bytes += entry->size;
	sb_log_clean(&plain, &name, sb_span_of(entry->path));
	if (listing->list) {
		json_t *one = sb_json_new_object();

		sb_json_set_text(one, "path", entry->path);
		sb_json_set_text(one, "link", entry->link);
		sb_json_set_int(one, "mode", entry->mode & 07777);
		sb_json_set_int(one, "size", entry->size);
		sb_json_set_int(one, "mtime", entry->mtime);
		sb_json_push_take(listing->list, one);
		return 0;
	}
	if (gmtime_r(&at, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	printf("%04o %10lld %s %s%s%s\n", entry->mode & 07777, (long long)entry->size, date, name.p ? name.p : "",
	       entry->link ? " -> " : "", entry->link ? entry->link : "");
	return 0;
}

int sb_cmd_inspect(struct sb_cli *cli, struct sb_error *err)
{
	const char *path = cli->words.item[0];
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct listing listing = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sb_fail_sys(err, "%s", path);
	if (sb_cli_json(cli))
		listing.list = sb_json_new_array();
	if (sb_slug_list(fd, NULL, each, &listing, err) < 0) {
		json_decref(listing.list);
		return sb_wrap(err, "%s", path);
	}
	if (!listing.list) {
		printf("%lld files, %.1f MB unpacked, %.1f MB as a slug\n", (long long)listing.files,
		       (double)listing.bytes / 1e6, (double)st.st_size / 1e6);
		return 0;
	}
	json_t *out = sb_json_new_object();

	sb_json_set_int(out, "files", listing.files);
	sb_json_set_int(out, "unpacked", listing.bytes);
	sb_json_set_int(out, "size", st.st_size);
	sb_json_set_take(out, "entries", listing.list);
	sb_cli_print_json(out);
	return 0;
}
