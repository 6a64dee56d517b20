#include "base/base.h"
#include "cli/authorized.h"
#include "base/settings.h"
#include "base/sha256.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOB_MAX 16384 /* bytes in base64 */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sb_key_release(struct sb_key *key)
{
	free(key->type);
	free(key->blob);
	free(key->person);
	sb_list_release(&key->apps);
	*key = (struct sb_key) { 0 };
}

static bool is_type(struct sb_span word)
{
	static const char *const types[] = { "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256",
					     "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
					     "sk-ssh-ed25519@openssh.com",
					     "sk-ecdsa-sha2-nistp256@openssh.com" };

	for (size_t i = 0; i < SB_COUNT(types); i++)
		if (sb_span_is(word, types[i]))
			return true;
	return false;
}

/* False where it is no base64 with its padding. */
static bool decode(struct sb_buffer *out, struct sb_span text)
{
	unsigned bits = 0, have = 0, pad = 0;

	if (!text.n || text.n % 4 || text.n > BLOB_MAX)
		return false;
	while (text.n && text.p[text.n - 1] == '=' && pad < 2) {
		text.n--;
		pad++;
	}
	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;

		if (!at)
			return false;
		bits = bits << 6 | (unsigned)(at - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			sb_buffer_addc(out, (char)(bits >> have & 0xff));
		}
	}
	return true;
}

/* The key begins with its own type, after a length of four bytes. */
static bool fits(struct sb_span type, struct sb_span blob)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(BLOB_MAX);

	if (!decode(&bytes, blob) || bytes.n < 4 + type.n + 16)
		return false;
	return !bytes.p[0] && !bytes.p[1] && !bytes.p[2] && (unsigned char)bytes.p[3] == type.n &&
	       !memcmp(bytes.p + 4, type.p, type.n);
}

static struct sb_span next_word(struct sb_span *rest)
{
	struct sb_span word;

	*rest = sb_span_trim(*rest);
	word = *rest;
	word.n = 0;
	while (word.n < rest->n && rest->p[word.n] != ' ' && rest->p[word.n] != '\t')
		word.n++;
	rest->p += word.n;
	rest->n -= word.n;
	return word;
}

int sb_key_parse(struct sb_key *out, struct sb_span text, struct sb_error *err)
{
	struct sb_span rest = sb_span_trim(text), type, blob;

	if (sb_span_find(rest, "PRIVATE KEY"))
		return sb_fail(err, SB_EUSAGE, "that is a private key; it should not have left its owner");
	if (sb_span_count(rest, '\n'))
		return sb_fail(err, SB_EUSAGE, "one public key is wanted, a line as in id_ed25519.pub");
	type = next_word(&rest);
	blob = next_word(&rest);
	if (!is_type(type) && sb_span_find(text, " ssh-"))
		return sb_fail(err, SB_EUSAGE, "options before the key are not taken: slugbuild sets its own");
	if (!is_type(type) || !fits(type, blob)) {
		sb_fail(err, SB_EUSAGE, "that is no public key of ssh");
		sb_error_fix(err, "slugbuild keys:add NAME <~/.ssh/id_ed25519.pub");
		return -1;
	}
	out->type = sb_span_dup(type);
	out->blob = sb_span_dup(blob);
	return 0;
}

/* The options' end: the first blank outside of quotes. */
static size_t options_length(struct sb_span line)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < line.n; i++)
		if (line.p[i] == '\\' && i + 1 < line.n && line.p[i + 1] == '"')
			i++;
		else if (line.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (line.p[i] == ' ' || line.p[i] == '\t'))
			break;
	return i < line.n ? i : line.n;
}

/* Whose line it is, by the command that we force. */
static void take_person(struct sb_key *out, struct sb_span options)
{
	static const char begin[] = "restrict,command=\"";
	SB_AUTO(sb_list) words = { 0 };
	SB_AUTO(sb_buffer) command = SB_BUFFER_INIT(64 << 10);
	struct sb_error ignored = { 0 };

	if (!sb_span_starts(options, begin))
		return;
	for (size_t i = sizeof(begin) - 1; i < options.n && options.p[i] != '"'; i++) {
		i += options.p[i] == '\\' && i + 1 < options.n;
		sb_buffer_addc(&command, options.p[i]);
	}
	SB_AUTO_FREE char *text = sb_buffer_detach(&command);

	if (sb_words_split(&words, text, &ignored) < 0 || words.n < 5 || strcmp(words.item[1], "shell") ||
	    strcmp(words.item[2], "--root"))
		return;
	out->person = sb_xstrdup(words.item[4]);
	sb_list_add_all(&out->apps, (const char *const *)words.item + 5);
}

bool sb_key_of_line(struct sb_key *out, struct sb_span line)
{
	struct sb_span rest = sb_span_trim(line), options = { 0 }, type;

	if (!rest.n || *rest.p == '#')
		return false;
	type = rest;
	type.n = options_length(rest);
	if (!is_type(type)) {
		options = type;
		rest.p += options.n;
		rest.n -= options.n;
		type = next_word(&rest);
	} else {
		rest.p += type.n;
		rest.n -= type.n;
	}
	struct sb_span blob = next_word(&rest);

	if (!is_type(type) || !blob.n)
		return false;
	out->type = sb_span_dup(type);
	out->blob = sb_span_dup(blob);
	take_person(out, options);
	return true;
}

/* '…' for the shell, then \ before what ends a string in authorized_keys. */
static int add_path(struct sb_buffer *out, const char *path, struct sb_error *err)
{
	sb_buffer_addc(out, '\'');
	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == '\'' || *p == '\\')
			return sb_fail(err, SB_ECONFIG, "%s cannot stand in authorized_keys: it holds a quote, a "
					"backslash or a control byte", path);
		if (*p == '"')
			sb_buffer_addc(out, '\\');
		sb_buffer_addc(out, *p);
	}
	sb_buffer_addc(out, '\'');
	return 0;
}

int sb_key_print(struct sb_buffer *out, const struct sb_key *key, const char *root, struct sb_error *err)
{
	sb_buffer_adds(out, "restrict,command=\"");
	if (add_path(out, sb_self(), err) < 0)
		return -1;
	sb_buffer_adds(out, " shell --root ");
	if (add_path(out, root, err) < 0)
		return -1;
	sb_buffer_addf(out, " %s", key->person);
	for (size_t i = 0; i < key->apps.n; i++)
		sb_buffer_addf(out, " %s", key->apps.item[i]);
	sb_buffer_addf(out, "\" %s %s %s\n", key->type, key->blob, key->person);
	return 0;
}

char *sb_key_fingerprint(const struct sb_key *key)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(BLOB_MAX), out = SB_BUFFER_INIT(128);
	char hex[SB_DIGEST_HEX];
	unsigned bits = 0, have = 0;

	if (!decode(&bytes, sb_span_of(key->blob)))
		return sb_xstrdup("?");
	sb_sha256_of(sb_buffer_span(&bytes), hex);
	sb_buffer_adds(&out, "SHA256:");
	for (const char *p = hex; *p; p++) {
		bits = bits << 4 | (unsigned)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
		have += 4;
		if (have >= 6) {
			have -= 6;
			sb_buffer_addc(&out, digits[bits >> have & 63]);
		}
	}
	sb_buffer_addc(&out, digits[bits << (6 - have) & 63]);
	return sb_buffer_detach(&out);
}

int sb_ssh_folder(struct sb_error *err)
{
	const char *home = getenv("HOME");
	const struct passwd *user = getpwuid(geteuid());

	if (!home || home[0] != '/')
		home = user ? user->pw_dir : "/";
	SB_AUTO_FREE char *path = sb_xasprintf("%s/.ssh", home);
	SB_AUTO_CLOSE int dir = sb_make_dirs(path, 0700, err);

	if (dir < 0)
		return -1;
	/* sshd ignores the file where others may write to its folder. */
	if (fchmod(dir, 0700) < 0)
		return sb_fail_sys(err, "chmod 700 %s", path);
	return SB_STEAL_FD(dir);
}

/* One byte of a word, or of its quotes. Returns how many bytes it took. */
static size_t take_byte(struct sb_buffer *word, const char *p, char *quote)
{
	if (*quote ? *p == *quote : *p == '\'' || *p == '"') {
		*quote = *quote ? '\0' : *p;
		return 1;
	}
	if (*p == '\\' && *quote != '\'' && p[1]) {
		sb_buffer_addc(word, p[1]);
		return 2;
	}
	sb_buffer_addc(word, *p);
	return 1;
}

int sb_words_split(struct sb_list *out, const char *text, struct sb_error *err)
{
	SB_AUTO(sb_buffer) word = SB_BUFFER_INIT(64 << 10);
	const char *p = text;
	char quote = '\0';

	for (const char *c = text; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return sb_fail(err, SB_EUSAGE, "a control byte in the command");
	while (*(p += strspn(p, " \t"))) {
		while (*p && (quote || !strchr(" \t", *p)))
			p += take_byte(&word, p, &quote);
		if (quote)
			return sb_fail(err, SB_EUSAGE, "a %c in the command is never closed", quote);
		sb_list_add_take(out, sb_buffer_detach(&word));
	}
	return 0;
}
