/* The ladder, part 4: one packet's arrow.
 *
 *     │──────── SYN 1000 ────────▶│     arrived
 *     │┄┄┄┄ SYN 1000 (copy) ┄┄┄┄┄▶│     arrived, made by the network
 *     │─── ACK 7001 ───✗ lost     │     ended on the way, and why
 *     │─── SYN 1000 ───…          │     its end is further down
 *     │────── SYN 1000 ──────────✗│     reached the host, which threw it away */
#include "sim/observe/ladder_private.h"

#include "sim/observe/utf8.h"

/* Characters of arrows; [0] for UTF-8, [1] for ASCII. */
static const uint32_t glyph_solid[] = { 0x2500, '-' };   /* ─ */
static const uint32_t glyph_dashed[] = { 0x2504, '.' };  /* ┄ */
static const uint32_t glyph_right[] = { 0x25b6, '>' };   /* ▶ */
static const uint32_t glyph_left[] = { 0x25c0, '<' };    /* ◀ */
static const uint32_t glyph_cross[] = { 0x2717, 'X' };   /* ✗ */
static const uint32_t glyph_dots[] = { 0x2026, '~' };    /* … */
static const uint32_t glyph_passing[] = { 0x253c, '+' }; /* ┼ */

/* An arrow on its way to being drawn: it covers columns [first, last], tip included. */
struct arrow {
    int first, last;
    bool rightwards;
    uint32_t line, tip;
    enum ink ink, tip_ink;
};

static int bar_index(const struct ladder_frame *frame, host_id host)
{
    for (int i = 0; i < frame->bar_count; i++) {
        if (frame->host[i] == host && host != HOST_NONE) {
            return i;
        }
    }
    return -1;
}

/* Between which bars the packet goes. An end that is not in the picture (nobody has the address)
 * is taken to be the neighbour's bar. */
static void find_bars(const struct ladder_frame *frame, const struct ladder_packet *p, int *from,
                      int *to)
{
    *from = bar_index(frame, p->from);
    *to = bar_index(frame, p->to);
    if (*from < 0) {
        *from = *to < 0 ? 0 : *to + 1 < frame->bar_count ? *to + 1 : *to - 1;
    }
    if (*to < 0 || *to == *from) {
        *to = *from + 1 < frame->bar_count ? *from + 1 : *from - 1;
    }
}

static struct arrow make_arrow(const struct ladder_pen *pen, const struct ladder_row *row,
                               const struct ladder_packet *p)
{
    const struct ladder_frame *frame = &pen->frame;
    int ascii = pen->options->style.ascii;
    int from = 0;
    int to = 0;
    find_bars(frame, p, &from, &to);
    struct arrow arrow = { .rightwards = to > from,
                           .line = (p->copy ? glyph_dashed : glyph_solid)[ascii],
                           .ink = p->copy ? INK_FAINT : INK_PLAIN };
    arrow.first = frame->bar[arrow.rightwards ? from : to] + 1;
    arrow.last = frame->bar[arrow.rightwards ? to : from] - 1;
    arrow.tip = (arrow.rightwards ? glyph_right : glyph_left)[ascii];
    arrow.tip_ink = arrow.ink;
    if (row->kind == ROW_DEPARTURE) {
        arrow.tip = glyph_dots[ascii];
    } else if (p->journey != JOURNEY_ARRIVED) {
        arrow.tip = glyph_cross[ascii];
        arrow.tip_ink = INK_BAD;
    }
    return arrow;
}

/* ---- arrows that end on the way ------------------------------------------------------------- */

/* Shorten the arrow to two thirds, or less so that `why` fits behind its tip, or more so that its
 * label fits. Returns whether `why` has room. */
static bool cut_arrow(struct arrow *arrow, int label_width, const char *why)
{
    int width = arrow->last - arrow->first + 1;
    int why_room = *why == '\0' ? 0 : utf8_width(why) + 2;
    int least = label_width + 4 < width ? label_width + 4 : width;
    int length = width * 2 / 3 > least ? width * 2 / 3 : least;
    bool fits = width - least >= why_room;
    if (fits && width - length < why_room) {
        length = width - why_room;
    }
    if (arrow->rightwards) {
        arrow->last = arrow->first + length - 1;
    } else {
        arrow->first = arrow->last - length + 1;
    }
    return fits;
}

static void put_why(struct ladder_pen *pen, const struct arrow *arrow, const char *why,
                    enum ink ink)
{
    int column = arrow->rightwards ? arrow->last + 2 : arrow->first - 1 - utf8_width(why);
    canvas_put(&pen->canvas, 0, column, pen->canvas.columns, why, ink);
}

/* ---- drawing -------------------------------------------------------------------------------- */

static enum ink mark_ink(const struct ladder_packet *p)
{
    if (p->corrupted) {
        return INK_BAD;
    }
    return p->copy ? INK_FAINT : INK_WARN;
}

/* The label in the middle of the arrow's line, cut with "…" where the line is too short. */
static void put_label(struct ladder_pen *pen, const struct arrow *arrow, const char *label,
                      const char *mark, const struct ladder_packet *p)
{
    int first = arrow->first + (arrow->rightwards ? 0 : 1); /* the line without its tip */
    int last = arrow->last - (arrow->rightwards ? 1 : 0);
    int room = last - first + 1 - 2; /* a line character at either end */
    int width = utf8_width(label) + (*mark == '\0' ? 0 : 1 + utf8_width(mark)) + 2;
    int column = first + 1 + (room > width ? (room - width) / 2 : 0);
    int end = first + 1 + room;

    if (width > room) { /* no blanks then: every column counts */
        int dots = pen->options->style.ascii ? 3 : 1;
        bool cut = utf8_width(label) > room;
        int next = canvas_put(&pen->canvas, 0, column, cut ? end - dots : end, label, arrow->ink);
        if (cut) {
            canvas_put(&pen->canvas, 0, next, end, dots == 3 ? "..." : "…", arrow->ink);
        }
        return;
    }
    column = canvas_put(&pen->canvas, 0, column, end, " ", arrow->ink);
    column = canvas_put(&pen->canvas, 0, column, end, label, arrow->ink);
    column = canvas_put(&pen->canvas, 0, column, end, " ", arrow->ink);
    if (*mark != '\0') {
        column = canvas_put(&pen->canvas, 0, column, end, mark, mark_ink(p));
        canvas_put(&pen->canvas, 0, column, end, " ", arrow->ink);
    }
}

/* Lines of hosts that the packet passes by. */
static void put_crossings(struct ladder_pen *pen, const struct arrow *arrow)
{
    uint32_t passing = glyph_passing[pen->options->style.ascii];
    for (int i = 0; i < pen->frame.bar_count; i++) {
        int column = pen->frame.bar[i];
        if (column > arrow->first && column < arrow->last && /* a label hides the host's line */
            canvas_at(&pen->canvas, 0, column) == arrow->line) {
            canvas_fill(&pen->canvas, 0, column, column + 1, passing, arrow->ink);
        }
    }
}

/* "✗ lost" among the right-hand texts. */
static void tell_why(struct ladder_pen *pen, host_id host, const char *why, bool bad)
{
    struct text text = { 0 };
    if (bad) {
        text_add(&text, pen->options->style.ascii ? "X " : "✗ ");
    }
    text_add(&text, why);
    ladder_draw_text(pen, host, text_string(&text), bad ? INK_BAD : INK_FAINT);
    text_free(&text);
}

static void draw_between_bars(struct ladder_pen *pen, const struct ladder_row *row,
                              const struct ladder_packet *p, const char *label, const char *mark,
                              const char *why)
{
    struct arrow arrow = make_arrow(pen, row, p);
    int width = arrow.last - arrow.first + 1;
    bool ends_on_way = row->kind == ROW_DEPARTURE || p->journey == JOURNEY_LOST;
    bool mark_fits = *mark == '\0' || utf8_width(label) + 1 + utf8_width(mark) + 5 <= width;
    int label_width = utf8_width(label) + (mark_fits && *mark ? 1 + utf8_width(mark) : 0) + 1;
    bool bad = p->journey == JOURNEY_LOST || p->journey == JOURNEY_REFUSED;
    bool why_fits = ends_on_way ? cut_arrow(&arrow, label_width, why) : false;

    canvas_fill(&pen->canvas, 0, arrow.first, arrow.last + 1, arrow.line, arrow.ink);
    int tip = arrow.rightwards ? arrow.last : arrow.first;
    canvas_fill(&pen->canvas, 0, tip, tip + 1, arrow.tip, arrow.tip_ink);
    put_label(pen, &arrow, label, mark_fits ? mark : "", p);
    put_crossings(pen, &arrow);
    if (!mark_fits) {
        ladder_draw_text(pen, HOST_NONE, mark, mark_ink(p));
    }
    if (why_fits) {
        put_why(pen, &arrow, why, bad ? INK_BAD : INK_FAINT);
    } else if (*why != '\0') {
        tell_why(pen, p->journey == JOURNEY_REFUSED ? p->to : HOST_NONE, why, bad);
    }
}

/* "client → server  SYN 1000 (again)": the names stand in columns of their own. */
static void draw_as_list(struct ladder_pen *pen, const struct ladder_row *row,
                         const struct ladder_packet *p, const char *label, const char *mark,
                         const char *why)
{
    struct canvas *canvas = &pen->canvas;
    const struct ladder_frame *frame = &pen->frame;
    int column = frame->left;
    int end = canvas->columns;
    bool ascii = pen->options->style.ascii;
    bool bad = row->kind == ROW_PACKET && p->journey != JOURNEY_ARRIVED;
    const char *arrow = ascii ? (bad ? "-X " : "-> ") : (bad ? "─✗ " : "→  ");
    int arrow_width = ascii ? 3 : bad ? 3 : 2;

    canvas_put(canvas, 0, column, column + frame->name_width,
               ladder_host_name(pen->ladder, p->from), INK_TITLE);
    column += frame->name_width + 1;
    canvas_put(canvas, 0, column, column + arrow_width, arrow, bad ? INK_BAD : INK_PLAIN);
    column += 3;
    canvas_put(canvas, 0, column, column + frame->name_width, ladder_host_name(pen->ladder, p->to),
               INK_TITLE);
    column += frame->name_width + 2;
    pen->margin = column + 2;
    column = canvas_put(canvas, 0, column, end, label, p->copy ? INK_FAINT : INK_PLAIN);
    column = canvas_put(canvas, 0, column, end, *mark == '\0' ? "" : " ", INK_PLAIN);
    column = canvas_put(canvas, 0, column, end, mark, mark_ink(p));
    pen->column = column + 2;
    if (*why != '\0') {
        tell_why(pen, HOST_NONE, why, bad);
    }
}

void ladder_draw_arrow(struct ladder_pen *pen, const struct ladder_row *row)
{
    const struct ladder_packet *p = &pen->ladder->packets[row->packet];
    struct text label = { 0 };
    struct text mark = { 0 };
    struct text why = { 0 };
    ladder_add_label(&label, p);
    if (row->kind == ROW_PACKET || p->journey == JOURNEY_UNDERWAY) {
        ladder_add_mark(&mark, p);
    }
    if (p->journey != JOURNEY_ARRIVED) {
        ladder_add_why(&why, pen->ladder, p, pen->options->style.ascii);
    }
    if (pen->frame.bar_count > 0) {
        draw_between_bars(pen, row, p, text_string(&label), text_string(&mark), text_string(&why));
    } else {
        draw_as_list(pen, row, p, text_string(&label), text_string(&mark), text_string(&why));
    }
    pen->failed = pen->failed || label.failed || mark.failed || why.failed;
    text_free(&label);
    text_free(&mark);
    text_free(&why);
}
