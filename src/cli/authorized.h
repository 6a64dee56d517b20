#ifndef SB_AUTHORIZED_H
#define SB_AUTHORIZED_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

/*
 * Public keys and the lines of ~/.ssh/authorized_keys. One of ours is
 *
 *	restrict,command="'/usr/local/bin/slugbuild' shell --root '/srv' ada blog shop" ssh-ed25519 AAAA… ada
 *
 * and says all there is to know about who may do what; lines of others are never touched.
 */
struct sb_key {
	char *type, *blob; /* "ssh-ed25519", base64 */
	char *person;      /* NULL: not a line of ours */
	struct sb_list apps; /* none: all of them */
};

/* What ssh-keygen writes into a .pub file: one line, a type and a key that fit, no options. */
int sb_key_parse(struct sb_key *out, struct sb_span text, struct sb_error *err) SB_MUST_CHECK;

/* A line of authorized_keys; false where it holds no key. */
bool sb_key_of_line(struct sb_key *out, struct sb_span line) SB_MUST_CHECK;

/* The line for a person's key. SB_ECONFIG where a path cannot be written into one. */
int sb_key_print(struct sb_buffer *out, const struct sb_key *key, const char *root, struct sb_error *err) SB_MUST_CHECK;

/* "SHA256:…", as ssh-keygen -l shows it. Owned: free(3). */
char *sb_key_fingerprint(const struct sb_key *key) SB_MUST_CHECK;

void sb_key_release(struct sb_key *key);

/* ~/.ssh of who we run as, made 0700 where it is missing. */
int sb_ssh_folder(struct sb_error *err) SB_MUST_CHECK;

/* Words as a shell would cut them: blanks, '…', "…", \. Nothing is expanded; SB_EUSAGE for a quote that
 * is left open or a control byte. */
int sb_words_split(struct sb_list *out, const char *text, struct sb_error *err) SB_MUST_CHECK;

#endif
