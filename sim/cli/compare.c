#include "sim/cli/compare.h"

#include "sim/base/common.h"
#include "sim/observe/text.h"
#include "sim/observe/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the verdicts --------------------------------------------------------------------------- */

void compare_print_counts(const struct run_result *result)
{
    if (result->passed + result->failed == 0) {
        fputs("no expectations", stdout);
    } else if (result->failed == 0) {
        printf("%" PRIu32 " passed", result->passed);
    } else if (result->passed == 0) {
        printf("%" PRIu32 " failed", result->failed);
    } else {
        printf("%" PRIu32 " failed, %" PRIu32 " passed", result->failed, result->passed);
    }
}

/* "two-way" says what it is; "3", "40ms" and "true" do not. */
static bool speaks_for_itself(const char *value)
{
    bool is_number = strchr("0123456789", value[strspn(value, "+-.")]) != NULL;
    return !is_number && strcmp(value, "true") != 0 && strcmp(value, "false") != 0;
}

/* "two-way", "lost=3". */
static void add_label(struct text *line, const struct run_options *options, uint32_t index)
{
    const char *value = options->compare_values[index];
    if (!speaks_for_itself(value)) {
        text_addf(line, "%s=", options->compare);
    }
    text_add_clean(line, value, options->style.ascii);
}

/* "two-way 2 failed · three-way 2 passed" */
static void print_verdicts(const struct run_options *options, const struct run_result *results)
{
    for (uint32_t i = 0; i < options->compare_count; i++) {
        struct text label = { 0 };
        add_label(&label, options, i);
        fputs(i == 0 ? "" : options->style.ascii ? " | " : " · ", stdout);
        printf("%s ", text_string(&label));
        compare_print_counts(&results[i]);
        text_free(&label);
    }
    putchar('\n');
}

/* ---- the measures --------------------------------------------------------------------------- */

/* What was measured under this name; NULL where a run measured no such thing. */
static const char *measured(const struct run_result *result, const char *name)
{
    for (size_t i = 0; i < result->measure_count; i++) {
        if (strcmp(result->measures[i].name, name) == 0) {
            return result->measures[i].text;
        }
    }
    return NULL;
}

/* The name of the row `row`: names in the order of their first run. NULL after the last. */
static const char *row_name(const struct run_result *results, uint32_t count, size_t row)
{
    for (uint32_t i = 0; i < count; i++) {
        for (size_t m = 0; m < results[i].measure_count; m++) {
            const char *name = results[i].measures[m].name;
            bool is_new = measured(&results[i], name) == results[i].measures[m].text;
            for (uint32_t before = 0; before < i && is_new; before++) {
                is_new = measured(&results[before], name) == NULL;
            }
            if (is_new && row-- == 0) {
                return name;
            }
        }
    }
    return NULL;
}

static int names_width(const struct run_result *results, uint32_t count)
{
    int width = 0;
    const char *name;
    for (size_t row = 0; (name = row_name(results, count, row)) != NULL; row++) {
        width = max_i32(width, utf8_width(name));
    }
    return width;
}

/* The cell of a row (NULL: the heading) in the column of a value. */
static void add_cell(struct text *cell, const struct run_options *options,
                     const struct run_result *results, const char *row, uint32_t index)
{
    if (row == NULL) {
        add_label(cell, options, index);
    } else {
        const char *text = measured(&results[index], row);
        text_add_clean(cell, text == NULL ? "-" : text, options->style.ascii);
    }
}

static int column_width(const struct run_options *options, const struct run_result *results,
                        uint32_t index)
{
    int width = 0;
    const char *name = NULL;
    size_t row = 0;
    do {
        struct text cell = { 0 };
        add_cell(&cell, options, results, name, index);
        width = max_i32(width, utf8_width(text_string(&cell)));
        text_free(&cell);
        name = row_name(results, options->compare_count, row++);
    } while (name != NULL);
    return width;
}

/* Columns of values [first, end) that go beside the names. */
struct block {
    int names_width;
    uint32_t first, end;
    int widths[COMPARE_MAX];
};

static void print_row(const struct run_options *options, const struct run_result *results,
                      const struct block *block, const char *row)
{
    struct text line = { 0 };
    text_add_clean(&line, row == NULL ? "" : row, options->style.ascii);
    text_addf(&line, "%*s", block->names_width - utf8_width(text_string(&line)), "");
    for (uint32_t i = block->first; i < block->end; i++) {
        struct text cell = { 0 };
        add_cell(&cell, options, results, row, i);
        text_addf(&line, "%*s%s", 2 + block->widths[i] - utf8_width(text_string(&cell)), "",
                  text_string(&cell));
        text_free(&cell);
    }
    size_t length = utf8_bytes_within(text_string(&line), view_columns(&options->style));
    printf("%.*s\n", (int)length, text_string(&line));
    text_free(&line);
}

/* As many values as fit the width beside each other, the others below. */
static void print_measures(const struct run_options *options, const struct run_result *results)
{
    struct block block = { .names_width = names_width(results, options->compare_count) };
    while (block.end < options->compare_count) {
        int used = block.names_width;
        for (block.first = block.end; block.end < options->compare_count; block.end++) {
            int width = column_width(options, results, block.end);
            used += 2 + width;
            if (block.end > block.first && used > view_columns(&options->style)) {
                break;
            }
            block.widths[block.end] = width;
        }
        const char *name = NULL;
        size_t row = 0;
        do {
            print_row(options, results, &block, name);
            name = row_name(results, options->compare_count, row++);
        } while (name != NULL);
    }
}

void compare_print(const struct run_options *options, const struct run_result *results)
{
    if (row_name(results, options->compare_count, 0) != NULL) {
        print_measures(options, results);
    }
    print_verdicts(options, results);
}
