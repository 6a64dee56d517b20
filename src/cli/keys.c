#include "base/base.h"
#include "cli/authorized.h"
#include "cli/commands.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (16 << 20)

/* ~/.ssh/authorized_keys, held by us. */
struct keyring {
	struct sb_lock lock;
	int dir;
	struct sb_buffer text;
};

static void keyring_release(struct keyring *ring)
{
	sb_buffer_release(&ring->text);
	sb_autoclose(&ring->dir);
	sb_lock_release(&ring->lock);
}

#define KEYRING __attribute__((cleanup(keyring_release))) struct keyring
#define KEYRING_INIT { .lock = SB_LOCK_INIT, .dir = -1, .text = SB_BUFFER_INIT(FILE_MAX) }

static int keyring_open(struct keyring *ring, struct sb_cli *cli, struct sb_error *err)
{
	if (sb_cli_load(cli, err) < 0 || sb_cli_open_store(cli, err) < 0 ||
	    sb_lock_take(&ring->lock, cli->store.root, "lock.keys", "slugbuild keys", 10, NULL, NULL, err) < 0)
		return -1;
	ring->dir = sb_ssh_folder(err);
	if (ring->dir < 0)
		return -1;
	if (sb_read_file(&ring->text, ring->dir, "authorized_keys", err) < 0)
		return err->code == SB_ENOENT ? 0 : -1;
	return 0;
}

static int keyring_write(struct keyring *ring, const struct sb_buffer *text, struct sb_error *err)
{
	if (text->full)
		return sb_fail(err, SB_ELIMIT, "authorized_keys would have over %d bytes", FILE_MAX);
	return sb_write_file(ring->dir, "authorized_keys", 0600, sb_buffer_span(text), err);
}

static int read_key(struct sb_key *key, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(64 << 10);

	if (isatty(0))
		return sb_fail(err, SB_EUSAGE, "the public key is read from standard input: <id_ed25519.pub");
	if (sb_read_fd(&text, 0, err) < 0)
		return sb_wrap(err, "the key");
	return sb_key_parse(key, sb_buffer_span(&text), err);
}

/* A key means one person. */
static int refuse_known(const struct keyring *ring, const struct sb_key *key, struct sb_error *err)
{
	struct sb_span rest = sb_buffer_span(&ring->text), line;

	while (sb_span_line(&rest, &line)) {
		SB_AUTO(sb_key) one = { 0 };

		if (!sb_key_of_line(&one, line) || strcmp(one.blob, key->blob) != 0)
			continue;
		if (!one.person)
			return sb_fail(err, SB_EUSAGE, "this key is in authorized_keys already, by another hand "
					"than slugbuild's: it would get a shell");
		sb_fail(err, SB_EUSAGE, "this key is %s's already", one.person);
		sb_error_fix(err, "slugbuild keys:remove %s", one.person);
		return -1;
	}
	return 0;
}

static int check_apps(struct sb_cli *cli, struct sb_error *err)
{
	for (size_t i = 0; i < cli->apps.n; i++) {
		SB_AUTO(sb_app) app = SB_APP_INIT;

		if (sb_app_open(&app, &cli->store, cli->apps.item[i], err) < 0)
			return -1;
	}
	return 0;
}

int sb_cmd_keys_add(struct sb_cli *cli, struct sb_error *err)
{
	KEYRING ring = KEYRING_INIT;
	SB_AUTO(sb_key) key = { 0 };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FILE_MAX);
	const char *name = cli->words.item[0];

	if (!sb_is_app_name(name)) {
		sb_fail(err, SB_EUSAGE, "%s cannot be a person's name here", name);
		sb_error_fix(err, "small letters, digits and '-', beginning with a letter, at most 30");
		return -1;
	}
	if (read_key(&key, err) < 0 || keyring_open(&ring, cli, err) < 0 || check_apps(cli, err) < 0 ||
	    refuse_known(&ring, &key, err) < 0)
		return -1;
	key.person = sb_xstrdup(name);
	sb_list_add_all(&key.apps, (const char *const *)cli->apps.item);
	sb_buffer_add(&text, sb_buffer_span(&ring.text));
	if (text.n && text.p[text.n - 1] != '\n')
		sb_buffer_addc(&text, '\n');
	if (sb_key_print(&text, &key, cli->store.root_path, err) < 0 || keyring_write(&ring, &text, err) < 0)
		return -1;
	SB_AUTO_FREE char *print = sb_key_fingerprint(&key);
	SB_AUTO_FREE char *apps = key.apps.n ? sb_list_join(&key.apps, ", ") : sb_xstrdup("all apps");

	sb_log_step(&cli->log, "%s may push to %s with %s", name, apps, print);
	return 0;
}

static void add_row(struct sb_table *table, json_t *list, const struct sb_key *key)
{
	SB_AUTO_FREE char *print = sb_key_fingerprint(key);
	SB_AUTO_FREE char *apps = key->apps.n ? sb_list_join(&key->apps, " ") : sb_xstrdup("(all)");
	json_t *one = sb_json_new_object(), *names = sb_json_new_array();

	sb_table_row(table, key->person, apps, key->type, print, NULL);
	for (size_t i = 0; i < key->apps.n; i++)
		sb_json_push_text(names, key->apps.item[i]);
	sb_json_set_text(one, "name", key->person);
	sb_json_set_text(one, "type", key->type);
	sb_json_set_text(one, "fingerprint", print);
	if (key->apps.n) {
		sb_json_set_take(one, "apps", names);
	} else {
		json_decref(names);
		sb_json_set_take(one, "apps", json_null());
	}
	sb_json_push_take(list, one);
}

int sb_cmd_keys(struct sb_cli *cli, struct sb_error *err)
{
	KEYRING ring = KEYRING_INIT;
	struct sb_table table = { 0 };
	struct sb_span rest, line;

	if (keyring_open(&ring, cli, err) < 0)
		return -1;
	json_t *list = sb_json_new_array();

	rest = sb_buffer_span(&ring.text);
	while (sb_span_line(&rest, &line)) {
		SB_AUTO(sb_key) key = { 0 };

		if (sb_key_of_line(&key, line) && key.person)
			add_row(&table, list, &key);
	}
	sb_cli_show(cli, &table, list);
	return 0;
}

int sb_cmd_keys_remove(struct sb_cli *cli, struct sb_error *err)
{
	KEYRING ring = KEYRING_INIT;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FILE_MAX);
	const char *name = cli->words.item[0];
	struct sb_span rest, line;
	int removed = 0;

	if (keyring_open(&ring, cli, err) < 0)
		return -1;
	rest = sb_buffer_span(&ring.text);
	for (struct sb_span before = rest; sb_span_line(&rest, &line); before = rest) {
		SB_AUTO(sb_key) key = { 0 };

		if (sb_key_of_line(&key, line) && key.person && !strcmp(key.person, name)) {
			removed++;
			continue;
		}
		/* As it stands there, with its own end. */
		before.n -= rest.n;
		sb_buffer_add(&text, before);
	}
	if (!removed) {
		sb_fail(err, SB_EUSAGE, "%s has no key here", name);
		sb_error_fix(err, "slugbuild keys lists them");
		return -1;
	}
	if (keyring_write(&ring, &text, err) < 0)
		return -1;
	sb_log_step(&cli->log, "%d key%s of %s removed", removed, removed == 1 ? "" : "s", name);
	return 0;
}
