#include "base/base.h"
#include "check/command.h"

#include "check/programs.h"

#include <stdlib.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One quoted or bare run at *i is added to `out`. False where a quote has no end. */
static bool take_piece(struct sb_buffer *out, struct sb_span s, size_t *i, bool *dynamic)
{
	char quote = s.p[*i];

	if (quote != '"' && quote != '\'') {
		if (quote == '\\' && *i + 1 < s.n)
			++*i;
		else if (quote == '$' || quote == '`')
			*dynamic = true;
		sb_buffer_addc(out, s.p[(*i)++]);
		return true;
	}
	for (++*i; *i < s.n && s.p[*i] != quote; ++*i) {
		if (quote == '"' && (s.p[*i] == '$' || s.p[*i] == '`'))
			*dynamic = true;
		if (quote == '"' && s.p[*i] == '\\' && *i + 1 < s.n)
			++*i;
		sb_buffer_addc(out, s.p[*i]);
	}
	return (*i)++ < s.n;
}

/* A word up to a blank or an operator. */
static bool take_word(struct sb_word *word, struct sb_span s, size_t *i)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SB_PROCFILE_MAX);

	word->dynamic = false;
	while (*i < s.n && !blank(s.p[*i]) && !strchr("&|;<>(){}", s.p[*i])) {
		/* ${NAME} and $(command) hold what would else end a word */
		if (s.p[*i] == '$' && *i + 1 < s.n && (s.p[*i + 1] == '{' || s.p[*i + 1] == '(')) {
			const char *end =
				memchr(s.p + *i, s.p[*i + 1] == '{' ? '}' : ')', s.n - *i);

			if (!end)
				return false;
			sb_buffer_add(&out,
				      (struct sb_span) { s.p + *i, (size_t)(end - s.p) + 1 - *i });
			*i = (size_t)(end - s.p) + 1;
			word->dynamic = true;
		} else if (!take_piece(&out, s, i, &word->dynamic)) {
			return false;
		}
	}
	word->text = sb_buffer_detach(&out);
	return true;
}

/* "> log", "2>&1", "< file": skipped, with the word behind it. */
static bool skip_redirection(struct sb_span s, size_t *i)
{
	struct sb_word target = { 0 };

	while (*i < s.n && strchr("<>&", s.p[*i]))
		++*i;
	while (*i < s.n && blank(s.p[*i]))
		++*i;

	bool good = *i < s.n && !strchr("()", s.p[*i]) && take_word(&target, s, i);

	free(target.text);
	return good;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static bool ends_command(struct sb_span s, size_t i)
{
	if (i == s.n || s.p[i] == ';' || s.p[i] == '|' || s.p[i] == '#')
		return true;
	return s.p[i] == '&' && (i + 1 == s.n || s.p[i + 1] != '>'); /* "&>" is a redirection */
}

/* False where it cannot be read; else *i is at the operator behind the simple command, or at the
 * end. */
static bool take_words(struct sb_words *out, struct sb_span s, size_t *i)
{
	for (;;) {
		while (*i < s.n && blank(s.p[*i]))
			++*i;
		if (ends_command(s, *i))
			break;
		if (strchr("<>&", s.p[*i])) {
			if (out->n && is_number(out->word[out->n - 1].text))
				free(out->word[--out->n].text); /* the 2 of "2>&1" */
			if (!skip_redirection(s, i))
				return false;
			continue;
		}
		if (strchr("(){}", s.p[*i]) || out->n == SB_WORDS_MAX)
			return false;
		/* nothing of the command before, whose words are freed */
		out->word[out->n] = (struct sb_word) { .at = *i };
		if (!take_word(&out->word[out->n++], s, i))
			return false;
	}
	if (*i < s.n && s.p[*i] == '#')
		*i = s.n; /* a comment */
	return true;
}

static bool is_syntax(const char *word)
{
	static const char *const words[] = { "if", "for", "while",    "until", "case", "!",
					     "[",  "[[",  "function", "then",  "do",   "eval" };

	for (size_t i = 0; i < SB_COUNT(words); i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

int sb_words_next(struct sb_words *out, struct sb_span all, struct sb_span *rest)
{
	size_t i = (size_t)(rest->p - all.p);

	sb_words_release(out);
	while (i < all.n && (blank(all.p[i]) || strchr("&|;", all.p[i])))
		i++;
	if (i == all.n)
		return 0;

	bool good = take_words(out, all, &i);

	*rest = (struct sb_span) { all.p + i, all.n - i };
	if (!good || (out->n && is_syntax(out->word[0].text)))
		return -1;
	return 1;
}

void sb_words_release(struct sb_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->word[i].text);
	words->n = 0;
}

/* `cd DIR`: where what follows is looked for. NULL where that is not known. */
static char *change_folder(char *folder, const struct sb_words *words)
{
	char *next = NULL;

	if (words->n == 2 && !words->word[1].dynamic)
		next = sb_path_join(sb_span_of(folder), sb_span_of(words->word[1].text));
	free(folder);
	return next;
}

static int look_at_entry(struct sb_programs *programs, const struct sb_procfile_entry *entry,
			 struct sb_error *err)
{
	struct sb_span all = sb_span_of(entry->command), rest = all;
	struct sb_words *words = sb_xcalloc(1, sizeof(*words));
	char *folder = sb_xstrdup("");
	int got = 0;

	programs->entry = entry;
	while (folder && (got = sb_words_next(words, all, &rest)) > 0) {
		if (!words->n)
			continue;
		if (!strcmp(words->word[0].text, "cd")) {
			folder = change_folder(folder, words);
			continue;
		}
		programs->folder = folder;
		if ((got = sb_programs_judge(programs, words, err)) < 0)
			break;
	}

	bool failed = got < 0 && err->code != SB_OK;

	sb_words_release(words);
	free(words);
	free(folder);
	return failed ? -1 : 0;
}

int sb_command_look(const struct sb_procfile *procfile, const struct sb_text *text,
		    const struct sb_needs *needs, const struct sb_view *view, struct sb_error *err)
{
	struct sb_programs programs = { .text = text, .needs = needs, .view = view };

	for (size_t i = 0; i < procfile->n; i++)
		if (look_at_entry(&programs, &procfile->entry[i], err) < 0)
			return -1;
	return 0;
}
