/* Verdicts, printed in columns. */
#include "sim/observe/verdicts.h"

#include "sim/observe/array.h"
#include "sim/observe/canvas.h"
#include "sim/observe/text.h"
#include "sim/observe/utf8.h"

#include <string.h>

/* ---- collecting ----------------------------------------------------------------------------- */

/* A copy of `string`, or NULL for NULL. Lack of memory is noted in *failed. */
static char *copy_string(const char *string, bool *failed)
{
    if (string == NULL) {
        return NULL;
    }
    size_t size = strlen(string) + 1;
    char *copy = malloc(size);
    if (copy == NULL) {
        *failed = true;
        return NULL;
    }
    return memcpy(copy, string, size);
}

void verdicts_add(struct verdicts *verdicts, const struct sim_fact *fact)
{
    if (fact->kind != FACT_VERDICT) {
        return;
    }
    struct verdict *items =
        array_reserve(verdicts->items, &verdicts->capacity, verdicts->count + 1, sizeof *items);
    if (items == NULL) {
        verdicts->failed = true;
        return;
    }
    verdicts->items = items;
    items[verdicts->count++] = (struct verdict){
        .passed = fact->passed,
        .label = copy_string(fact->text == NULL ? "" : fact->text, &verdicts->failed),
        .detail = copy_string(fact->detail, &verdicts->failed),
        .file = copy_string(fact->file, &verdicts->failed),
        .line = fact->line,
    };
}

void verdicts_free(struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        free(verdicts->items[i].label);
        free(verdicts->items[i].detail);
        free(verdicts->items[i].file);
    }
    free(verdicts->items);
    *verdicts = (struct verdicts){ 0 };
}

/* ---- printing ------------------------------------------------------------------------------- */

struct columns {
    int mark;   /* where the label begins */
    int label;  /* widest label that has something beside it */
    int detail; /* widest detail */
};

static int clean_width(const char *string, bool ascii)
{
    struct text text = { 0 };
    text_add_clean(&text, string == NULL ? "" : string, ascii);
    int width = utf8_width(text_string(&text));
    text_free(&text);
    return width;
}

/* Only the name of the file: its folder is known to whoever ran it. */
static void add_place(struct text *text, const struct verdict *verdict, bool ascii)
{
    if (verdict->file != NULL) {
        const char *slash = strrchr(verdict->file, '/');
        text_add_clean(text, slash == NULL ? verdict->file : slash + 1, ascii);
        text_addf(text, ":%d", verdict->line);
    }
}

static struct columns measure(const struct verdicts *verdicts, bool ascii)
{
    struct columns c = { .mark = ascii ? 7 : 2 };
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->items[i];
        if (!verdict->passed) {
            int label = clean_width(verdict->label, ascii);
            int detail = clean_width(verdict->detail, ascii);
            c.label = label > c.label ? label : c.label;
            c.detail = detail > c.detail ? detail : c.detail;
        }
    }
    return c;
}

/* Text from `column` on, going on in further lines (indented the same) where it is too long.
 * Returns the line after it. */
static int put_wrapped(struct canvas *canvas, int line, int column, const char *text, enum ink ink)
{
    while (*text != '\0' && line < CANVAS_LINES) {
        canvas_put(canvas, line++, column, canvas->columns, text, ink);
        text += utf8_bytes_within(text, canvas->columns - column);
    }
    return line;
}

/* The detail and place of a failed expectation: beside its label, or below it. */
static void put_why(struct canvas *canvas, const struct columns *c, int line, const char *detail,
                    const char *place, bool beside)
{
    if (beside) {
        int column = c->mark + c->label + 3;
        canvas_put(canvas, 0, column, canvas->columns, detail, INK_PLAIN);
        column += c->detail > 0 ? c->detail + 3 : 0;
        canvas_put(canvas, 0, column, canvas->columns, place, INK_FAINT);
        return;
    }
    line = put_wrapped(canvas, line, c->mark + 2, detail, INK_PLAIN);
    put_wrapped(canvas, line, c->mark + 2, place, INK_FAINT);
}

static void draw_verdict(struct canvas *canvas, const struct verdict *verdict,
                         const struct columns *c, const struct view_style *style)
{
    struct text label = { 0 };
    struct text detail = { 0 };
    struct text place = { 0 };
    text_add_clean(&label, verdict->label == NULL ? "" : verdict->label, style->ascii);
    if (!verdict->passed) {
        text_add_clean(&detail, verdict->detail == NULL ? "" : verdict->detail, style->ascii);
        add_place(&place, verdict, style->ascii);
    }
    const char *passed = style->ascii ? "ok" : "✓";
    const char *failed = style->ascii ? "FAILED" : "✗";
    int total = c->mark + c->label + 3 + c->detail + 3 + utf8_width(text_string(&place));

    canvas_clear(canvas);
    canvas_put(canvas, 0, 0, canvas->columns, verdict->passed ? passed : failed,
               verdict->passed ? INK_GOOD : INK_BAD);
    int line = put_wrapped(canvas, 0, c->mark, text_string(&label), INK_PLAIN);
    put_why(canvas, c, line, text_string(&detail), text_string(&place), total <= canvas->columns);
    text_free(&label);
    text_free(&detail);
    text_free(&place);
}

bool verdicts_print(const struct verdicts *verdicts, const struct view_style *style, FILE *out)
{
    struct canvas canvas;
    if (!canvas_open(&canvas, view_columns(style))) {
        return false;
    }
    struct columns c = measure(verdicts, style->ascii);
    for (size_t i = 0; i < verdicts->count; i++) {
        draw_verdict(&canvas, &verdicts->items[i], &c, style);
        canvas_print(&canvas, out, style->colour);
    }
    canvas_close(&canvas);
    return !verdicts->failed && !ferror(out);
}
