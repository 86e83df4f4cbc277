/* The ladder, part 3: how wide everything is.
 *
 * The lane between two bars gets what its labels need; the texts at both sides get what they need
 * up to a share of the width, and wrap beyond it. */
#include "sim/observe/ladder_private.h"

#include "sim/observe/utf8.h"

struct widths {
    int time;        /* widest time */
    int label;       /* widest label */
    int marked;      /* widest label with its mark */
    int left, right; /* widest side texts */
    int name;        /* widest name of a host in the picture */
};

static int greater(int a, int b)
{
    return a > b ? a : b;
}

static int lesser(int a, int b)
{
    return a < b ? a : b;
}

static int clamp(int value, int low, int high)
{
    return greater(low, lesser(value, high));
}

/* ---- measuring rows ------------------------------------------------------------------------- */

static void measure_packet(const struct ladder_packet *p, struct widths *w)
{
    struct text text = { 0 };
    ladder_add_label(&text, p);
    w->label = greater(w->label, utf8_width(text_string(&text)));
    text_add(&text, " ");
    size_t bare = text.length;
    ladder_add_mark(&text, p);
    if (text.length > bare) {
        w->marked = greater(w->marked, utf8_width(text_string(&text)));
    }
    text_free(&text);
}

static int event_width(const struct ladder *l, const struct ladder_event *event, bool ascii)
{
    struct text text = { 0 };
    text_add_clean(&text, ladder_string(l, event->text), ascii);
    int width = utf8_width(text_string(&text));
    text_free(&text);
    return width;
}

/* The side texts of one row. A left text wider than `left_max` will stand at the right. */
static void measure_events(const struct ladder_pen *pen, const struct ladder_row *row, int left_max,
                           struct widths *w)
{
    const struct ladder *l = pen->ladder;
    const struct ladder_frame *frame = &pen->frame;
    int left = 0;
    int right = 0;
    for (uint32_t e = ladder_next_event(l, row, LADDER_NONE); e != LADDER_NONE;
         e = ladder_next_event(l, row, e)) {
        int width = event_width(l, &l->events[e], pen->options->style.ascii);
        host_id host = l->events[e].host;
        if (host == HOST_NONE) {
            continue;
        }
        if (frame->bar_count == 2 && host == frame->host[0]) {
            int joined = left + (left > 0 ? 2 : 0) + width;
            if (joined <= left_max) {
                left = joined;
                continue;
            }
        }
        bool named = frame->bar_count != 2 || host != frame->host[1];
        right += (right > 0 ? 2 : 1) + width;
        right += named ? utf8_width(ladder_host_name(l, host)) + 2 : 0;
    }
    w->left = greater(w->left, left);
    w->right = greater(w->right, right);
}

static struct widths measure_rows(const struct ladder_pen *pen, const struct ladder_rows *rows,
                                  int left_max)
{
    struct widths w = { .time = 8 };
    struct text time = { 0 };
    for (size_t i = 0; i < rows->count; i++) {
        const struct ladder_row *row = &rows->items[i];
        text_clear(&time);
        text_add_time(&time, row->time);
        w.time = greater(w.time, utf8_width(text_string(&time)));
        if (row->packet != LADDER_NONE) {
            measure_packet(&pen->ladder->packets[row->packet], &w);
        }
        measure_events(pen, row, left_max, &w);
    }
    text_free(&time);
    w.marked = greater(w.marked, w.label);
    for (uint32_t i = 0; i < pen->ladder->host_count; i++) {
        if (pen->ladder->hosts[i].seen) {
            w.name = greater(w.name, utf8_width(pen->ladder->hosts[i].name));
        }
    }
    return w;
}

/* ---- frames --------------------------------------------------------------------------------- */

/* The hosts in the picture, by number. Switches and routers are no ends of a connection. With one
 * host, a second line without a name stands for whomever it calls. Returns false for too many. */
static bool choose_hosts(struct ladder_pen *pen)
{
    struct ladder_frame *frame = &pen->frame;
    for (uint32_t i = 0; i < pen->ladder->host_count; i++) {
        const struct ladder_host *host = &pen->ladder->hosts[i];
        if (!host->seen || host->kind != NODE_HOST) {
            continue;
        }
        if (frame->bar_count == LADDER_COLUMNS_MAX) {
            return false;
        }
        frame->host[frame->bar_count++] = i + 1;
    }
    while (frame->bar_count < 2) {
        frame->host[frame->bar_count++] = HOST_NONE;
    }
    return true;
}

enum {
    RIGHT_MIN = 12, /* narrower texts would be a column of letters */
    LANE_MIN = 20,
    LANE_WANTED = 32, /* even when the labels are short: losses need room for their reasons */
};

/* Two hosts: texts at both sides. The lane gets room for its labels with their marks, then the
 * right-hand texts what they need to be readable. Returns false when the width is too small. */
static bool frame_two(struct ladder_pen *pen, const struct widths *w, int left_max)
{
    struct ladder_frame *frame = &pen->frame;
    int columns = pen->canvas.columns;
    int name = utf8_width(ladder_host_name(pen->ladder, frame->host[0]));
    frame->left_width = clamp(w->left, lesser(name / 2 + 1, left_max), left_max);
    frame->bar[0] = frame->left + frame->left_width + 1;
    int rest = columns - frame->bar[0] - 2;
    int right = clamp(w->right + 1, RIGHT_MIN, columns / 4);
    int wanted = w->marked + 8 + greater(0, columns - 80) / 4;
    int most = greater(rest - right, lesser(w->label + 5, rest - RIGHT_MIN));
    int lane = lesser(greater(wanted, LANE_WANTED), most);
    frame->bar[1] = frame->bar[0] + 1 + lane;
    frame->right = frame->bar[1] + 1;
    return lane >= LANE_MIN;
}

/* More hosts: all texts at the right. Returns false when the lanes would be too narrow. */
static bool frame_many(struct ladder_pen *pen, const struct widths *w)
{
    struct ladder_frame *frame = &pen->frame;
    int columns = pen->canvas.columns;
    int lanes = frame->bar_count - 1;
    frame->bar[0] = frame->left + utf8_width(ladder_host_name(pen->ladder, frame->host[0])) / 2;
    int right = clamp(w->right + 1, 12, columns * 3 / 10);
    int lane = (columns - frame->bar[0] - 1 - right) / lanes;
    if (lane < w->label + 4) {
        return false;
    }
    lane = lesser(lane, greater(w->marked + 6, w->name + 2));
    for (int i = 1; i < frame->bar_count; i++) {
        frame->bar[i] = frame->bar[i - 1] + lane;
    }
    frame->right = frame->bar[lanes] + 2;
    return true;
}

static void frame_list(struct ladder_pen *pen, const struct widths *w)
{
    pen->frame.bar_count = 0;
    pen->frame.name_width = lesser(w->name, pen->canvas.columns / 5);
    pen->frame.right = pen->frame.left + 2 * pen->frame.name_width + 8;
}

void ladder_measure(struct ladder_pen *pen, const struct ladder_rows *rows)
{
    int left_max = pen->canvas.columns / 5;
    bool fits = choose_hosts(pen);
    struct widths w = measure_rows(pen, rows, left_max);
    pen->frame.time_width = w.time;
    pen->frame.left = w.time + 2;
    if (fits && pen->frame.bar_count == 2) {
        fits = frame_two(pen, &w, left_max);
    } else if (fits) {
        fits = frame_many(pen, &w);
    }
    if (!fits) {
        frame_list(pen, &w);
    }
}
