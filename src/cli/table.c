#include "base/base.h"
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How many columns a text takes: one a character; good enough for names, dates and paths. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void sb_table_row(struct sb_table *table, ...)
{
	static const struct sb_log plain = SB_LOG_INIT;
	const char *text;
	size_t columns = 0;
	va_list ap;

	va_start(ap, table);
	while ((text = va_arg(ap, const char *)) != NULL) {
		SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(1 << 16);

		sb_log_clean(&plain, &clean, sb_span_of(text));
		sb_list_add_take(&table->cell, sb_buffer_detach(&clean));
		columns++;
	}
	va_end(ap);
	table->columns = columns;
}

void sb_table_print(struct sb_table *table)
{
	for (size_t i = 0; i < table->cell.n; i++) {
		size_t column = i % table->columns, widest = 0;

		for (size_t k = column; k < table->cell.n; k += table->columns)
			if (width(table->cell.item[k]) > widest)
				widest = width(table->cell.item[k]);
		fputs(table->cell.item[i], stdout);
		if (column + 1 == table->columns)
			putchar('\n');
		else
			for (size_t pad = width(table->cell.item[i]); pad < widest + 2; pad++)
				putchar(' ');
	}
	sb_list_release(&table->cell);
}

void sb_cli_show(const struct sb_cli *cli, struct sb_table *table, json_t *value)
{
	if (sb_cli_json(cli)) {
		sb_cli_print_json(value);
		sb_list_release(&table->cell);
		return;
	}
	json_decref(value);
	sb_table_print(table);
}
