/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/plain.h"
#include "core/buf.h"

#define CELL_MAX    ((size_t)1 << 20)
#define GAP         2
#define NARROWEST   8
#define TITLE_BYTES 64
#define ELLIPSIS    "\xe2\x80\xa6"
#define NOTHING     "-"

size_t table_screen(FILE *file)
{
	struct winsize size;
	int fd = fileno(file);
	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

/* ---- cells ---- */

static void put_cell(struct arena *arena, struct buf *buf, struct view value);

static void put_pair(struct arena *arena, struct buf *buf, struct view name, struct view value)
{
	const char *text = plain_text(arena, view_text(arena, name));
	if (view_kind(name) != VIEW_NONE)
		buf_printf(buf, "%s=", text != NULL ? text : "");
	put_cell(arena, buf, value);
}

static void put_cell(struct arena *arena, struct buf *buf, struct view value)
{
	struct view_walk walk = view_walk(value);
	const char *separator = walk.has_names ? " " : ", ";
	struct view name;
	struct view inner;
	const char *text;
	switch (view_kind(value)) {
	case VIEW_NONE:
	case VIEW_NULL:
		buf_put_string(buf, NOTHING);
		break;
	case VIEW_BOOL:
		buf_put_string(buf, view_is_true(value) ? "yes" : "no");
		break;
	case VIEW_ARRAY:
	case VIEW_OBJECT:
		if (view_count(value) == 0)
			buf_put_string(buf, NOTHING);
		for (bool is_first = true; view_step(&walk, &name, &inner); is_first = false) {
			buf_put_string(buf, is_first ? "" : separator);
			put_pair(arena, buf, name, inner);
		}
		break;
	default:
		text = plain_text(arena, view_text(arena, value));
		buf_put_string(buf, text != NULL ? text : "");
	}
}

static const char *render_cell(struct arena *arena, struct view value)
{
	struct buf buf;
	buf_init(&buf, arena, CELL_MAX);
	put_cell(arena, &buf, value);
	const char *text = buf_string(&buf);
	return text != NULL ? text : ELLIPSIS;
}

/* ---- columns ---- */

struct column {
	char title[TITLE_BYTES];
	char outer[TITLE_BYTES];
	char inner[TITLE_BYTES]; /* "" : the outer itself */
};

static void copy_piece(char ret_text[static TITLE_BYTES], const char *from, size_t length)
{
	length = length < TITLE_BYTES ? length : TITLE_BYTES - 1;
	memcpy(ret_text, from, length);
	ret_text[length] = '\0';
}

/* record_type is TYPE, expires_at is EXPIRES AT */
static void make_title(char title[static TITLE_BYTES])
{
	static const char prefix[] = "record_";
	size_t skipped = strncmp(title, prefix, sizeof(prefix) - 1) == 0 ? sizeof(prefix) - 1 : 0;
	memmove(title, title + skipped, strlen(title + skipped) + 1);
	for (char *at = title; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '_')
			*at = ' ';
	}
}

static void parse_column(const char *text, size_t length, struct column *ret_column)
{
	const char *colon = memchr(text, ':', length);
	const char *path = colon != NULL ? colon + 1 : text;
	size_t left = length - (size_t)(path - text);
	const char *dot = memchr(path, '.', left);
	size_t outer = dot != NULL ? (size_t)(dot - path) : left;
	copy_piece(ret_column->title, text, colon != NULL ? (size_t)(colon - text) : left);
	copy_piece(ret_column->outer, path, outer);
	copy_piece(
	        ret_column->inner, dot != NULL ? dot + 1 : "", dot != NULL ? left - outer - 1 : 0);
	make_title(ret_column->title);
}

static size_t parse_columns(const char *text, struct column ret_columns[TABLE_COLUMNS_MAX])
{
	size_t count = 0;
	while (*text != '\0' && count < TABLE_COLUMNS_MAX) {
		size_t length = strcspn(text, " ");
		parse_column(text, length, &ret_columns[count++]);
		text += length;
		text += strspn(text, " ");
	}
	return count;
}

/* ---- rows ---- */

/* The cells of a page, row after row. */
struct page {
	struct table *table;
	struct arena *arena;
	size_t column_count;
	struct column columns[TABLE_COLUMNS_MAX];
	size_t row_count;
	const char **cells;
};

static const char *render_inner(struct arena *arena, struct view outer, const char *inner)
{
	struct buf buf;
	struct view_walk walk = view_walk(outer);
	struct view name;
	struct view value;
	if (view_kind(outer) == VIEW_OBJECT)
		return render_cell(arena, view_find(outer, inner));
	if (view_kind(outer) != VIEW_ARRAY || view_count(outer) == 0)
		return NOTHING;
	buf_init(&buf, arena, CELL_MAX);
	for (bool is_first = true; view_step(&walk, &name, &value); is_first = false) {
		buf_put_string(&buf, is_first ? "" : ", ");
		put_cell(arena, &buf, view_find(value, inner));
	}
	const char *text = buf_string(&buf);
	return text != NULL ? text : ELLIPSIS;
}

/* One row; spread is what stands for the missing member `value`. */
static void put_row(struct page *page, struct view row, struct view spread)
{
	const char **cells = &page->cells[page->row_count++ * page->column_count];
	for (size_t i = 0; i < page->column_count; i++) {
		const struct column *column = &page->columns[i];
		struct view value = view_find(row, column->outer);
		if (view_kind(value) == VIEW_NONE && strcmp(column->outer, "value") == 0)
			value = spread;
		if (view_kind(value) != VIEW_NONE)
			page->table->is_shown[i] = true;
		cells[i] = column->inner[0] != '\0'
		                   ? render_inner(page->arena, value, column->inner)
		                   : render_cell(page->arena, value);
	}
}

static size_t count_rows(struct view row)
{
	size_t spread = view_count(view_find(row, "values"));
	return spread > 1 ? spread : 1;
}

static void put_rows(struct page *page, struct view row)
{
	struct view_walk walk = view_walk(view_find(row, "values"));
	struct view name;
	struct view value;
	bool is_spread = false;
	while (view_step(&walk, &name, &value)) {
		put_row(page, row, value);
		is_spread = true;
	}
	if (!is_spread)
		put_row(page, row, (struct view){ 0 });
}

static bool fill_page(struct page *page, struct view rows)
{
	struct view_walk walk = view_walk(rows);
	struct view name;
	struct view row;
	size_t count = 0;
	if (view_kind(rows) != VIEW_ARRAY) {
		page->cells = arena_calloc(
		        page->arena, count_rows(rows) * page->column_count, sizeof(char *));
		if (page->cells != NULL)
			put_rows(page, rows);
		return page->cells != NULL;
	}
	while (view_step(&walk, &name, &row))
		count += count_rows(row);
	page->cells = arena_calloc(page->arena, count * page->column_count + 1, sizeof(char *));
	walk = view_walk(rows);
	while (page->cells != NULL && view_step(&walk, &name, &row))
		put_rows(page, row);
	return page->cells != NULL;
}

/* ---- printing ---- */

static void widen(struct page *page)
{
	for (size_t i = 0; i < page->column_count; i++) {
		size_t *width = &page->table->widths[i];
		if (plain_width(page->columns[i].title) > *width)
			*width = plain_width(page->columns[i].title);
		for (size_t row = 0; row < page->row_count; row++) {
			size_t cell = plain_width(page->cells[row * page->column_count + i]);
			*width = cell > *width ? cell : *width;
		}
	}
}

static size_t find_widest(const struct page *page, size_t *ret_total)
{
	size_t widest = 0;
	size_t total = 0;
	for (size_t i = 0; i < page->column_count; i++) {
		if (!page->table->is_shown[i])
			continue;
		total += page->table->widths[i] + (total > 0 ? GAP : 0);
		if (!page->table->is_shown[widest] ||
		        page->table->widths[i] >= page->table->widths[widest])
			widest = i;
	}
	*ret_total = total;
	return widest;
}

/* On a terminal the widest column gives way, but never so far that nothing can be seen. */
static void fit(struct page *page)
{
	size_t total;
	size_t widest = find_widest(page, &total);
	struct table *table = page->table;
	while (table->screen > 0 && total > table->screen && table->widths[widest] > NARROWEST) {
		table->widths[widest]--;
		widest = find_widest(page, &total);
	}
}

static void print_cell(FILE *file, const char *text, size_t width, bool is_last)
{
	size_t columns = plain_width(text);
	if (columns > width) {
		fwrite(text, 1, plain_prefix(text, width - 1), file);
		fputs(ELLIPSIS, file);
		columns = width;
	} else {
		fputs(text, file);
	}
	if (!is_last)
		fprintf(file, "%*s", (int)(width - columns + GAP), "");
}

static void print_line(const struct page *page, const char *const *cells)
{
	size_t last = 0;
	for (size_t i = 0; i < page->column_count; i++)
		last = page->table->is_shown[i] ? i : last;
	for (size_t i = 0; i < page->column_count; i++) {
		if (page->table->is_shown[i])
			print_cell(page->table->file,
			        cells != NULL ? cells[i] : page->columns[i].title,
			        page->table->widths[i], i == last);
	}
	fputc('\n', page->table->file);
}

bool table_print(struct table *table, struct arena *arena, struct view rows)
{
	struct page page = { .table = table, .arena = arena };
	bool was_shown[TABLE_COLUMNS_MAX];
	memcpy(was_shown, table->is_shown, sizeof(was_shown));
	page.column_count = parse_columns(table->columns, page.columns);
	if (!fill_page(&page, rows))
		return false;
	widen(&page);
	fit(&page);
	/* A column that only a later page has needs a header that names it. */
	if (page.row_count > 0 &&
	        (!table->has_header || memcmp(was_shown, table->is_shown, sizeof(was_shown)) != 0))
		print_line(&page, NULL);
	table->has_header |= page.row_count > 0;
	for (size_t i = 0; i < page.row_count; i++)
		print_line(&page, &page.cells[i * page.column_count]);
	return ferror(table->file) == 0;
}

/* ---- objects ---- */

static bool is_table(struct view value)
{
	struct view_walk walk = view_walk(value);
	struct view name;
	struct view first;
	return !walk.has_names && view_step(&walk, &name, &first) &&
	       view_kind(first) == VIEW_OBJECT;
}

/* The members of the first of some objects as columns. */
static const char *list_members(struct arena *arena, struct view objects)
{
	struct view_walk walk = view_walk(objects);
	struct view name;
	struct view value;
	struct buf buf;
	buf_init(&buf, arena, CELL_MAX);
	if (!view_step(&walk, &name, &value))
		return NULL;
	walk = view_walk(value);
	while (view_step(&walk, &name, &value)) {
		const char *text = view_text(arena, name);
		buf_printf(&buf, "%s%s", buf.length > 0 ? " " : "", text != NULL ? text : "");
	}
	return buf_string(&buf);
}

/* The lines of an object, or only their widths. */
struct lines {
	FILE *file; /* NULL: measure */
	struct arena *arena;
	size_t width;
};

static void walk_lines(struct lines *lines, struct view object, const char *prefix)
{
	struct view_walk walk = view_walk(object);
	struct view name;
	struct view value;
	while (view_step(&walk, &name, &value)) {
		const char *text = plain_text(lines->arena, view_text(lines->arena, name));
		const char *label =
		        arena_printf(lines->arena, "%s%s", prefix, text != NULL ? text : "");
		if (label == NULL || (*prefix == '\0' && is_table(value)))
			continue;
		if (view_kind(value) == VIEW_OBJECT && view_count(value) > 0) {
			label = arena_printf(lines->arena, "%s ", label);
			if (label != NULL)
				walk_lines(lines, value, label);
			continue;
		}
		if (plain_width(label) > lines->width)
			lines->width = plain_width(label);
		if (lines->file != NULL)
			fprintf(lines->file, "%s%*s%s\n", label,
			        (int)(lines->width - plain_width(label) + GAP), "",
			        render_cell(lines->arena, value));
	}
}

bool table_print_object(FILE *file, size_t screen, struct arena *arena, struct view object)
{
	struct lines lines = { .arena = arena };
	walk_lines(&lines, object, "");
	lines.file = file;
	walk_lines(&lines, object, "");
	struct view_walk walk = view_walk(object);
	struct view name;
	struct view value;
	while (view_step(&walk, &name, &value)) {
		struct table table = { .file = file, .screen = screen };
		if (!is_table(value))
			continue;
		const char *title = plain_text(arena, view_text(arena, name));
		table.columns = list_members(arena, value);
		if (title == NULL || table.columns == NULL)
			return false;
		fprintf(file, "\n%s:\n", title);
		if (!table_print(&table, arena, value))
			return false;
	}
	return ferror(file) == 0;
}
