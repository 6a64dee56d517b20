#ifndef SB_REQUIREMENTS_H
#define SB_REQUIREMENTS_H

#include "check/text.h"

/*
 * One file in pip's requirements format, read line by line as pip reads it
 * (continuations, comments, options, markers), with a finding for each line that
 * pip cannot read. What other files it includes is the caller's to follow.
 *
 *	SB_AUTO(sb_requirements) file = { 0 };
 *
 *	sb_requirements_parse(&file, &text);
 */
#define SB_REQUIREMENTS_MAX (1 << 20)
#define SB_REQUIREMENT_LINE_MAX 65536

enum sb_requirement_kind {
	SB_REQ_PACKAGE,    /* Django==5.2 */
	SB_REQ_URL,        /* https://…/x.whl, name @ https://… */
	SB_REQ_VCS,        /* git+https://… */
	SB_REQ_PATH,       /* ./lib, file:lib, ./x.whl */
	SB_REQ_INCLUDE,    /* -r FILE */
	SB_REQ_CONSTRAINT, /* -c FILE */
	SB_REQ_OPTION,     /* any other option */
};

struct sb_requirement {
	enum sb_requirement_kind kind;
	bool editable;
	char *name;   /* small letters, '-' for runs of "-_."; NULL where the line gives none */
	char *extras; /* "daphne,redis" or NULL */
	char *spec;   /* of a package: "==5.2", ">=4,<5"; NULL: any version */
	bool marker;  /* only where a marker ("; python_version < …") says so */
	char *target; /* file, URL, path or the option's text; NULL for a package */
	unsigned line, column;
};

struct sb_requirements {
	struct sb_requirement *item;
	size_t n;
};

void sb_requirements_parse(struct sb_requirements *out, const struct sb_text *text);
void sb_requirements_release(struct sb_requirements *requirements);

/* A distribution's name as the index compares it: "Django_Foo.Bar" → "django-foo-bar". Owned:
 * free(3). */
char *sb_package_name(struct sb_span name) SB_MUST_CHECK;

#endif
