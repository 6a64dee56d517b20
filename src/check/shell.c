#include "base/base.h"
#include "check/shell.h"

#include <string.h>

#define NESTING_MAX 64

/* What is open, and where it was opened: '\'' '"' '`' '(' '{' (of ${) '$' (of $( ). */
struct open {
	char kind;
	size_t at;
};

struct reader {
	struct sb_span s;
	size_t i;
	struct open open[NESTING_MAX];
	size_t depth;
	char last;      /* what stands before here: 'w' a word, 'o' && || |, ';' ; or &, '>' a
			 * redirection without its target, 0 nothing yet */
	size_t last_at;
	bool beyond;    /* something this reader does not know: no judgement */
	struct sb_shell_fault fault;
};

static char peek(const struct reader *r, size_t ahead)
{
	return r->i + ahead < r->s.n ? r->s.p[r->i + ahead] : '\0';
}

static char inner(const struct reader *r)
{
	return r->depth ? r->open[r->depth - 1].kind : '\0';
}

static void fail(struct reader *r, size_t at, const char *says)
{
	if (!r->fault.says)
		r->fault = (struct sb_shell_fault) { at, says };
}

static void push(struct reader *r, char kind, size_t bytes)
{
	if (r->depth == NESTING_MAX) {
		r->beyond = true;
		return;
	}
	r->open[r->depth++] = (struct open) { kind, r->i };
	r->i += bytes;
	if (kind == '(' || kind == '$' || kind == '`')
		r->last = 0;
}

/* ' " \ $ ` : the same inside and outside of double quotes, as far as it goes. True where one was
 * taken. */
static bool take_quoting(struct reader *r)
{
	bool quoted = inner(r) == '"';

	switch (peek(r, 0)) {
	case '\\':
		r->i += peek(r, 1) ? 2 : 1;
		return true;
	case '\'':
		if (quoted)
			return false;
		push(r, '\'', 1);
		return true;
	case '`':
		if (inner(r) == '`') {
			r->depth--;
			r->i++;
			return true;
		}
		push(r, '`', 1);
		return true;
	case '$':
		if (peek(r, 1) == '(' && peek(r, 2) == '(') {
			r->beyond = true; /* arithmetic */
		} else if (peek(r, 1) == '(') {
			push(r, '$', 2);
		} else if (peek(r, 1) == '{') {
			push(r, '{', 2);
		} else if (peek(r, 1) == '\'' && !quoted) {
			r->beyond = true; /* $'…' is bash's */
		} else {
			r->i++;
		}
		return true;
	default:
		return false;
	}
}

/* One byte inside of quotes or ${…}. */
static void take_inside(struct reader *r)
{
	char kind = inner(r), c = peek(r, 0);

	if (kind == '\'') {
		r->depth -= c == '\'';
		r->i++;
		return;
	}
	/* in "${x:-'}" the shells differ */
	if (kind == '{' && (c == '\'' || c == '"' || c == '`'))
		r->beyond = true;
	if ((kind == '"' && c == '"') || (kind == '{' && c == '}')) {
		r->depth--;
		r->i++;
	} else if (!take_quoting(r)) {
		r->i++;
	}
}

static void close_bracket(struct reader *r)
{
	char kind = inner(r);

	if (kind != '(' && kind != '$') {
		fail(r, r->i, "the ) has no ( before it");
	} else if (r->last == 'o') {
		fail(r, r->last_at, "nothing follows this operator");
	} else {
		r->depth--;
		r->last = 'w';
	}
	r->i++;
}

static void take_operator(struct reader *r)
{
	char c = peek(r, 0), next = peek(r, 1);
	bool two = c != ';' && next == c;

	/* ";;" is of case, "|&" and "&>" are bash's */
	if (next && strchr(c == ';' ? ";" : c == '|' ? "&" : ">", next)) {
		r->beyond = true;
		return;
	}
	if (r->last == '>')
		fail(r, r->last_at, "the redirection names no file");
	else if (!r->last)
		fail(r, r->i, "nothing stands before this operator");
	else if (r->last != 'w')
		fail(r, r->i, "an operator follows another one");
	r->last = two || c == '|' ? 'o' : ';';
	r->last_at = r->i;
	r->i += two ? 2 : 1;
}

/* "<", ">", ">>", ">&", "<>", ">|" with the number before it already taken as a word. */
static void take_redirection(struct reader *r)
{
	if (peek(r, 0) == '<' && peek(r, 1) == '<') {
		r->beyond = true; /* here-document */
		return;
	}
	if (peek(r, 1) == '(') {
		r->beyond = true; /* bash's process substitution */
		return;
	}
	if (r->last == '>')
		fail(r, r->last_at, "the redirection names no file");
	r->last = '>';
	r->last_at = r->i++;
	if (peek(r, 0) && strchr(">&|", peek(r, 0)))
		r->i++;
}

/* A bare word's bytes and its quotes. */
static void take_word(struct reader *r)
{
	size_t start = r->i, depth = r->depth;

	r->last = 'w';
	while (r->i < r->s.n && r->depth == depth && !r->beyond &&
	       !strchr(" \t\n&|;<>()", peek(r, 0))) {
		if (peek(r, 0) == '"')
			push(r, '"', 1);
		else if (!take_quoting(r))
			r->i++;
	}

	struct sb_span word = { r->s.p + start, r->i - start };

	/* words that change what may stand where */
	if (sb_span_is(word, "case") || sb_span_is(word, "esac") || sb_span_is(word, "function") ||
	    sb_span_is(word, "[["))
		r->beyond = true;
}

static void open_bracket(struct reader *r)
{
	if (r->last == 'w' || r->last == '>' || peek(r, 1) == '(')
		r->beyond = true; /* a function, bash's array or arithmetic */
	else
		push(r, '(', 1);
}

static void take_comment(struct reader *r)
{
	r->beyond |= r->depth > 0;
	r->i = r->s.n;
}

/* What stands between words. */
static void take_outside(struct reader *r)
{
	switch (peek(r, 0)) {
	case '\n':
	case '\r':
	case '\0':
		r->beyond = true; /* a Procfile's command is one line of text */
		break;
	case ' ':
	case '\t':
		r->i++;
		break;
	case '#':
		take_comment(r);
		break;
	case '(':
		open_bracket(r);
		break;
	case ')':
		close_bracket(r);
		break;
	case '&':
	case '|':
	case ';':
		take_operator(r);
		break;
	case '<':
	case '>':
		take_redirection(r);
		break;
	default:
		take_word(r);
	}
}

static void take(struct reader *r)
{
	char kind = inner(r);

	if (kind == '\'' || kind == '"' || kind == '{')
		take_inside(r);
	else
		take_outside(r);
}

static const char *no_end(char kind)
{
	switch (kind) {
	case '\'':
		return "the ' has no end";
	case '"':
		return "the \" has no end";
	case '`':
		return "the ` has no end";
	case '{':
		return "the ${ has no }";
	default:
		return "the ( has no )";
	}
}

bool sb_shell_faulty(struct sb_shell_fault *out, struct sb_span command)
{
	struct reader r = { .s = command };

	while (r.i < r.s.n && !r.beyond && !r.fault.says)
		take(&r);
	if (r.beyond)
		return false;
	if (!r.fault.says && r.depth)
		fail(&r, r.open[r.depth - 1].at, no_end(inner(&r)));
	if (!r.fault.says && r.last == 'o')
		fail(&r, r.last_at, "nothing follows this operator");
	if (!r.fault.says && r.last == '>')
		fail(&r, r.last_at, "the redirection names no file");
	if (r.fault.says)
		*out = r.fault;
	return r.fault.says != NULL;
}
