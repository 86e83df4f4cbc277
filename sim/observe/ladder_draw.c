/* The ladder, part 5: drawing row by row.
 *
 * A row is drawn on a canvas: the time, the hosts' lines, over them the arrow, and the texts of
 * both sides. The right-hand texts wrap onto further lines of the row. */
#include "sim/observe/ladder_private.h"

#include "sim/observe/utf8.h"

#include <stdlib.h>
#include <string.h>

uint32_t ladder_next_event(const struct ladder *l, const struct ladder_row *row, uint32_t event)
{
    if (row->packet == LADDER_NONE) {
        return event == LADDER_NONE ? row->events.first : l->events[event].next;
    }
    const struct ladder_packet *p = &l->packets[row->packet];
    bool shows_sender = row->kind == ROW_DEPARTURE || !row->split;
    bool shows_receiver = row->kind == ROW_PACKET;
    if (event == LADDER_NONE && shows_sender && p->at_sender.first != LADDER_NONE) {
        return p->at_sender.first;
    }
    if (event != LADDER_NONE && l->events[event].next != LADDER_NONE) {
        return l->events[event].next;
    }
    if (event != LADDER_NONE && event == p->at_receiver.last) {
        return LADDER_NONE;
    }
    return shows_receiver ? p->at_receiver.first : LADDER_NONE;
}

/* ---- texts ---------------------------------------------------------------------------------- */

static void begin_line(struct ladder_pen *pen)
{
    pen->line++;
    pen->column = pen->margin;
    if (pen->line == CANVAS_LINES) { /* somebody is very talkative */
        const char *dots = pen->options->style.ascii ? "..." : "…";
        canvas_put(&pen->canvas, CANVAS_LINES - 1, pen->canvas.columns - utf8_width(dots),
                   pen->canvas.columns, dots, INK_FAINT);
    }
}

/* The comma after a word: words leave the last column free for it. */
static void put_comma(struct ladder_pen *pen)
{
    if (pen->line < CANVAS_LINES) {
        pen->column =
            canvas_put(&pen->canvas, pen->line, pen->column, pen->canvas.columns, ",", INK_PLAIN);
    }
}

/* One word, with a blank before it unless it begins a line; long ones are broken. */
static void put_word(struct ladder_pen *pen, const char *word, bool spaced, enum ink ink)
{
    int end = pen->canvas.columns - 1;
    if (pen->column > pen->margin && pen->column + spaced + utf8_width(word) > end) {
        begin_line(pen);
    }
    if (spaced && pen->column > pen->margin) {
        pen->column++;
    }
    while (*word != '\0' && pen->line < CANVAS_LINES) {
        size_t fits = utf8_bytes_within(word, end - pen->column);
        pen->column = canvas_put(&pen->canvas, pen->line, pen->column, end, word, ink);
        word += fits;
        if (*word != '\0') {
            begin_line(pen);
        }
    }
}

/* Words separated by blanks. `text` is taken apart. */
static void put_words(struct ladder_pen *pen, char *text, bool spaced, enum ink ink)
{
    while (*text != '\0') {
        char *blank = strchr(text, ' ');
        if (blank != NULL) {
            *blank = '\0';
        }
        put_word(pen, text, spaced, ink);
        spaced = true;
        text = blank == NULL ? text + strlen(text) : blank + 1;
    }
}

/* Left of the first line, when what is there already leaves room. */
static bool put_left(struct ladder_pen *pen, host_id host, const char *text, enum ink ink)
{
    const struct ladder_frame *frame = &pen->frame;
    if (frame->bar_count != 2 || host != frame->host[0] || host == HOST_NONE) {
        return false;
    }
    int width = utf8_width(text_string(&pen->left));
    if (width + (width > 0 ? 2 : 0) + utf8_width(text) > frame->left_width) {
        return false;
    }
    pen->left_ink = width > 0 && ink != pen->left_ink ? INK_PLAIN : ink;
    text_add(&pen->left, width > 0 ? ", " : "");
    text_add(&pen->left, text);
    return true;
}

/* At the right: what belongs to the host of the last line begins with a dot, the others' with
 * their name; what is about the packet itself (HOST_NONE) with neither. Texts of one host follow
 * each other on a line. */
static void put_right(struct ladder_pen *pen, host_id host, struct text *text, enum ink ink)
{
    const struct ladder_frame *frame = &pen->frame;
    bool beside = frame->bar_count == 2 && host == frame->host[1];
    bool same = pen->has_right && pen->host == host;
    bool follows = same || (pen->has_right && pen->host == HOST_NONE);
    if (follows) {
        put_comma(pen);
    } else if (pen->has_right) {
        begin_line(pen);
    } else if (beside) {
        canvas_put(&pen->canvas, 0, frame->right, pen->canvas.columns,
                   pen->options->style.ascii ? "." : "·", INK_FAINT);
    }
    if (!same && !beside && host != HOST_NONE) {
        put_word(pen, ladder_host_name(pen->ladder, host), follows, INK_TITLE);
        put_word(pen, ":", false, INK_TITLE);
        follows = true;
    }
    pen->has_right = true;
    pen->host = host;
    if (text->bytes != NULL) {
        put_words(pen, text->bytes, follows, ink);
    }
}

void ladder_draw_text(struct ladder_pen *pen, host_id host, const char *string, enum ink ink)
{
    struct text text = { 0 };
    text_add_clean(&text, string, pen->options->style.ascii);
    if (!put_left(pen, host, text_string(&text), ink)) {
        put_right(pen, host, &text, ink);
    }
    pen->failed = pen->failed || text.failed;
    text_free(&text);
}

/* ---- the parts of a row --------------------------------------------------------------------- */

static void begin_row(struct ladder_pen *pen)
{
    canvas_clear(&pen->canvas);
    text_clear(&pen->left);
    pen->line = 0;
    pen->margin = pen->frame.right + (pen->frame.bar_count == 2);
    pen->column = pen->margin;
    pen->has_right = false;
    pen->host = HOST_NONE;
}

static void put_time(struct ladder_pen *pen, sim_time_t time)
{
    struct text text = { 0 };
    text_add_time(&text, time);
    int width = utf8_width(text_string(&text));
    canvas_put(&pen->canvas, 0, pen->frame.time_width - width, pen->frame.time_width,
               text_string(&text), INK_PLAIN);
    text_free(&text);
}

/* The left host's texts end at a dot beside its line. */
static void put_left_text(struct ladder_pen *pen)
{
    const char *text = text_string(&pen->left);
    if (*text != '\0') {
        int bar = pen->frame.bar[0];
        canvas_put(&pen->canvas, 0, bar - 1 - utf8_width(text), bar - 1, text, pen->left_ink);
        canvas_put(&pen->canvas, 0, bar - 1, bar, pen->options->style.ascii ? "." : "·", INK_FAINT);
    }
}

/* The hosts' lines on lines [first, last) of the row. */
static void put_bars(struct ladder_pen *pen, int first, int last, uint32_t bar)
{
    for (int line = first; line < last; line++) {
        for (int i = 0; i < pen->frame.bar_count; i++) {
            int column = pen->frame.bar[i];
            canvas_fill(&pen->canvas, line, column, column + 1, bar, INK_FAINT);
        }
    }
}

static uint32_t bar_glyph(const struct ladder_pen *pen, bool broken)
{
    if (pen->options->style.ascii) {
        return broken ? ':' : '|';
    }
    return broken ? 0x250a : 0x2502; /* ┊ │ */
}

static enum ink event_ink(enum event_kind kind)
{
    switch (kind) {
    case EVENT_STATE:
        return INK_STATE;
    case EVENT_ERROR:
        return INK_BAD;
    case EVENT_APP:
    case EVENT_NOTE:
        return INK_PLAIN;
    }
    return INK_PLAIN;
}

static void put_events(struct ladder_pen *pen, const struct ladder_row *row)
{
    const struct ladder *l = pen->ladder;
    for (uint32_t e = ladder_next_event(l, row, LADDER_NONE); e != LADDER_NONE;
         e = ladder_next_event(l, row, e)) {
        const struct ladder_event *event = &l->events[e];
        ladder_draw_text(pen, event->host, ladder_string(l, event->text), event_ink(event->kind));
    }
}

/* The rule that refused a packet; and if wanted the one that handled it, where its arrival changed
 * nothing that the row shows. */
static void put_rule(struct ladder_pen *pen, const struct ladder_row *row)
{
    const struct ladder_packet *p = &pen->ladder->packets[row->packet];
    if (p->journey != JOURNEY_ARRIVED || row->kind != ROW_PACKET || p->rule == 0) {
        return;
    }
    const struct rule_info *rule = rule_get(p->rule);
    if (rule->refuses) {
        ladder_draw_text(pen, p->to, rule->name, INK_WARN);
    } else if (pen->options->rules && p->at_receiver.first == LADDER_NONE) {
        ladder_draw_text(pen, p->to, rule->name, INK_FAINT);
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void draw_packet(struct ladder_pen *pen, const struct ladder_row *row)
{
    put_time(pen, row->time);
    put_bars(pen, 0, 1, bar_glyph(pen, false));
    ladder_draw_arrow(pen, row);
    put_events(pen, row);
    put_rule(pen, row);
    put_left_text(pen);
    put_bars(pen, 1, pen->canvas.lines, bar_glyph(pen, false));
}

/* A note about no host in particular is narration: it goes all across. */
static void draw_events(struct ladder_pen *pen, const struct ladder_row *row)
{
    put_time(pen, row->time);
    if (pen->frame.bar_count == 0 || pen->ladder->events[row->events.first].host == HOST_NONE) {
        pen->margin = pen->column = pen->frame.left;
        put_events(pen, row);
        return;
    }
    put_bars(pen, 0, 1, bar_glyph(pen, false));
    put_events(pen, row);
    put_left_text(pen);
    put_bars(pen, 1, pen->canvas.lines, bar_glyph(pen, false));
}

/* Words across the picture, between broken lines. */
static void draw_pause(struct ladder_pen *pen, const struct text *words)
{
    const struct ladder_frame *frame = &pen->frame;
    const char *dots = pen->options->style.ascii ? "..." : "…";
    struct text text = { 0 };
    text_addf(&text, "%s %s %s", dots, text_string(words), dots);
    int width = utf8_width(text_string(&text));
    int column = frame->left;
    if (frame->bar_count > 0) {
        int first = frame->bar[0] + 2;
        int last = frame->bar[frame->bar_count - 1] - 2;
        column = width < last - first ? first + (last - first + 1 - width) / 2 : first;
    }
    if (column + width > pen->canvas.columns) {
        column = width < pen->canvas.columns ? pen->canvas.columns - width : 0;
    }
    put_bars(pen, 0, 1, bar_glyph(pen, true));
    canvas_put(&pen->canvas, 0, column, pen->canvas.columns, text_string(&text), INK_FAINT);
    pen->failed = pen->failed || text.failed;
    text_free(&text);
}

static void draw_gap(struct ladder_pen *pen, const struct ladder_row *row)
{
    struct text words = { 0 };
    text_add_duration(&words, row->length);
    draw_pause(pen, &words);
    text_free(&words);
}

static void draw_omitted(struct ladder_pen *pen, const struct ladder_row *row)
{
    struct text words = { 0 };
    text_add_count(&words, row->count);
    text_add(&words, row->count == 1 ? " more segment, " : " more segments, ");
    text_add_time(&words, row->time);
    text_add(&words, " s to ");
    text_add_time(&words, row->time + row->length);
    text_add(&words, " s");
    draw_pause(pen, &words);
    text_free(&words);
}

static void draw_row(struct ladder_pen *pen, const struct ladder_row *row)
{
    begin_row(pen);
    switch (row->kind) {
    case ROW_PACKET:
    case ROW_DEPARTURE:
        draw_packet(pen, row);
        break;
    case ROW_EVENTS:
        draw_events(pen, row);
        break;
    case ROW_GAP:
        draw_gap(pen, row);
        break;
    case ROW_OMITTED:
        draw_omitted(pen, row);
        break;
    }
}

/* The hosts' names above their lines. A name that does not fit between its neighbours is cut. */
static void draw_header(struct ladder_pen *pen)
{
    const struct ladder_frame *frame = &pen->frame;
    canvas_clear(&pen->canvas);
    canvas_put(&pen->canvas, 0, frame->time_width - 4, frame->time_width, "time", INK_TITLE);
    int free_from = frame->time_width + 1;
    for (int i = 0; i < frame->bar_count; i++) {
        const char *name = ladder_host_name(pen->ladder, frame->host[i]);
        name = frame->host[i] == HOST_NONE ? "" : name;
        int column = frame->bar[i] - utf8_width(name) / 2;
        int last = pen->canvas.columns - utf8_width(name);
        column = column > last ? last : column;
        column = column < free_from ? free_from : column;
        free_from = canvas_put(&pen->canvas, 0, column, pen->canvas.columns, name, INK_TITLE) + 1;
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void draw_rows(struct ladder_pen *pen, const struct ladder_rows *rows, FILE *out)
{
    bool colour = pen->options->style.colour;
    if (rows->count == 0) {
        return;
    }
    ladder_measure(pen, rows);
    draw_header(pen);
    canvas_print(&pen->canvas, out, colour);
    for (size_t i = 0; i < rows->count && !ferror(out); i++) {
        draw_row(pen, &rows->items[i]);
        canvas_print(&pen->canvas, out, colour);
    }
}

bool ladder_print(struct ladder *ladder, const struct ladder_options *options, FILE *out)
{
    struct ladder_pen pen = { .ladder = ladder, .options = options };
    struct ladder_rows rows;
    uint32_t rows_max = options->rows_max == 0 ? LADDER_ROWS_DEFAULT : options->rows_max;
    if (!canvas_open(&pen.canvas, view_columns(&options->style))) {
        return false;
    }
    bool laid_out = ladder_layout(ladder, rows_max, &rows);
    if (laid_out) {
        draw_rows(&pen, &rows, out);
    }
    bool told = verdicts_print(&ladder->verdicts, &options->style, out);
    free(rows.items);
    text_free(&pen.left);
    canvas_close(&pen.canvas);
    return laid_out && told && !pen.failed && !pen.left.failed && !ladder->failed &&
           !ladder->strings.failed && !ladder->flows.failed && !ferror(out);
}
