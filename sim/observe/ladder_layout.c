/* The ladder, part 2: which rows there are.
 *
 * One row for each packet where it ends, one for events without a packet; then a departure row for
 * packets whose end stands far below (they were late, or their sender changed state and other
 * things happened to it in between); then gaps, and the cut when there are too many. */
#include "sim/observe/ladder_private.h"

#include "sim/observe/array.h"

#include <stdlib.h>
#include <string.h>

static struct ladder_row *add_row(struct ladder_rows *rows, enum row_kind kind, sim_time_t time,
                                  uint64_t order)
{
    struct ladder_row *items =
        array_reserve(rows->items, &rows->capacity, rows->count + 1, sizeof *items);
    if (items == NULL) {
        return NULL;
    }
    rows->items = items;
    items[rows->count] = (struct ladder_row){ .kind = kind,
                                              .time = time,
                                              .order = order,
                                              .packet = LADDER_NONE,
                                              .events = { LADDER_NONE, LADDER_NONE } };
    return &items[rows->count++];
}

/* (time, order) is a total order: a fact's number orders one row, except that a departure and an
 * end made by one fact cannot both exist. */
static int compare_rows(const void *left, const void *right)
{
    const struct ladder_row *a = left;
    const struct ladder_row *b = right;
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static void sort_rows(struct ladder_rows *rows)
{
    if (rows->count > 0) {
        qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
    }
}

/* ---- packets and events --------------------------------------------------------------------- */

static bool add_packet_rows(const struct ladder *l, struct ladder_rows *rows)
{
    for (uint32_t i = 0; i < l->packet_count; i++) {
        const struct ladder_packet *p = &l->packets[i];
        bool underway = p->journey == JOURNEY_UNDERWAY;
        struct ladder_row *row = underway ? add_row(rows, ROW_DEPARTURE, p->sent_at, p->sent_order)
                                          : add_row(rows, ROW_PACKET, p->ended_at, p->ended_order);
        if (row == NULL) {
            return false;
        }
        row->packet = i;
    }
    return true;
}

static bool add_event_rows(const struct ladder *l, struct ladder_rows *rows)
{
    for (uint32_t i = 0; i < l->event_count; i++) {
        const struct ladder_event *event = &l->events[i];
        if (event->placed) {
            continue;
        }
        struct ladder_row *row = add_row(rows, ROW_EVENTS, event->time, event->order);
        if (row == NULL) {
            return false;
        }
        row->events = (struct event_list){ i, i };
    }
    return true;
}

/* A note that concerns no host: it gets a line of its own, all across. */
static bool is_narration(const struct ladder *l, const struct ladder_row *row)
{
    return row->kind == ROW_EVENTS && l->events[row->events.first].host == HOST_NONE;
}

static bool may_share_row(const struct ladder *l, const struct ladder_row *a,
                          const struct ladder_row *b)
{
    return a->kind == ROW_EVENTS && b->kind == ROW_EVENTS && a->time == b->time &&
           !is_narration(l, a) && !is_narration(l, b);
}

/* Events that follow each other at one moment share a row. Relies on unplaced events having no
 * list yet; a second layout makes the same lists again. */
static void join_event_rows(struct ladder *l, struct ladder_rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct ladder_row *row = &rows->items[i];
        struct ladder_row *before = kept > 0 ? &rows->items[kept - 1] : NULL;
        if (row->kind == ROW_EVENTS) {
            l->events[row->events.first].next = LADDER_NONE;
        }
        if (before != NULL && may_share_row(l, before, row)) {
            l->events[before->events.last].next = row->events.first;
            before->events.last = row->events.last;
        } else {
            rows->items[kept++] = *row;
        }
    }
    rows->count = kept;
}

/* ---- departures ----------------------------------------------------------------------------- */

/* Something in this row happens at the host. */
static bool row_concerns(const struct ladder *l, const struct ladder_row *row, host_id host)
{
    if (row->kind == ROW_EVENTS) {
        for (uint32_t e = row->events.first; e != LADDER_NONE; e = l->events[e].next) {
            if (l->events[e].host == host) {
                return true;
            }
        }
        return false;
    }
    const struct ladder_packet *p = &l->packets[row->packet];
    return (p->to == host && p->at_receiver.first != LADDER_NONE) ||
           (p->from == host && p->at_sender.first != LADDER_NONE);
}

enum { LOOK_BACK_ROWS = 1000 }; /* bounds the work when very many packets are under way */

/* The packet of row `index` is better shown twice: its end would tell of its beginning too late. */
static bool needs_departure(const struct ladder *l, const struct ladder_rows *rows, size_t index)
{
    const struct ladder_row *row = &rows->items[index];
    if (row->kind != ROW_PACKET || index == 0) {
        return false;
    }
    const struct ladder_packet *p = &l->packets[row->packet];
    if (p->copy || p->journey == JOURNEY_LOST) {
        return false;
    }
    if (p->late_by > 0) {
        return rows->items[index - 1].time > p->sent_at;
    }
    if (p->at_sender.first == LADDER_NONE) {
        return false;
    }
    for (size_t back = 1; back <= index && back <= LOOK_BACK_ROWS; back++) {
        const struct ladder_row *other = &rows->items[index - back];
        if (other->time <= p->sent_at) {
            return false;
        }
        if (row_concerns(l, other, p->from)) {
            return true;
        }
    }
    return false;
}

static bool add_departures(const struct ladder *l, struct ladder_rows *rows)
{
    size_t count = rows->count;
    for (size_t i = 0; i < count; i++) {
        if (!needs_departure(l, rows, i)) {
            continue;
        }
        const struct ladder_packet *p = &l->packets[rows->items[i].packet];
        struct ladder_row *row = add_row(rows, ROW_DEPARTURE, p->sent_at, p->sent_order);
        if (row == NULL) {
            return false;
        }
        row->packet = rows->items[i].packet;
        rows->items[i].split = true;
    }
    sort_rows(rows);
    return true;
}

/* ---- the cut -------------------------------------------------------------------------------- */

/* Keep the head and the tail; one row says what was between them. */
static void cut_middle(struct ladder_rows *rows, uint32_t rows_max)
{
    size_t head = rows_max / 2;
    size_t tail = rows_max - head - 1;
    if (rows->count <= rows_max || rows_max < 3) {
        return;
    }
    struct ladder_row *first = &rows->items[head];
    const struct ladder_row *last = &rows->items[rows->count - tail - 1];
    uint64_t packets = 0;
    for (const struct ladder_row *row = first; row <= last; row++) {
        packets += row->kind == ROW_PACKET;
    }
    sim_time_t length = last->time - first->time;
    *first = (struct ladder_row){ .kind = ROW_OMITTED,
                                  .time = first->time,
                                  .order = first->order,
                                  .length = length,
                                  .count = packets,
                                  .packet = LADDER_NONE,
                                  .events = { LADDER_NONE, LADDER_NONE } };
    memmove(first + 1, last + 1, tail * sizeof *first);
    rows->count = head + 1 + tail;
}

/* ---- gaps ----------------------------------------------------------------------------------- */

enum { GAP_TIMES_MEDIAN = 10 };
#define GAP_MIN (SIM_SECOND / 2)

static int compare_times(const void *left, const void *right)
{
    sim_time_t a = *(const sim_time_t *)left;
    sim_time_t b = *(const sim_time_t *)right;
    return a < b ? -1 : a > b;
}

/* From when on silence is worth a row: it must be long both for people and for this run. Returns
 * SIM_NEVER when there is no memory to find out. */
static sim_time_t gap_threshold(const struct ladder_rows *rows)
{
    sim_time_t *spaces = malloc((rows->count + 1) * sizeof *spaces);
    if (spaces == NULL) {
        return SIM_NEVER;
    }
    size_t count = 0;
    for (size_t i = 1; i < rows->count; i++) {
        sim_time_t space = rows->items[i].time - rows->items[i - 1].time;
        if (space > 0) {
            spaces[count++] = space;
        }
    }
    qsort(spaces, count, sizeof *spaces, compare_times);
    sim_time_t median = count > 0 ? spaces[(count - 1) / 2] : 0;
    free(spaces);
    sim_time_t usual =
        median < SIM_NEVER / GAP_TIMES_MEDIAN ? median * GAP_TIMES_MEDIAN : SIM_NEVER;
    return usual > GAP_MIN ? usual : GAP_MIN;
}

static bool add_gaps(struct ladder_rows *rows)
{
    sim_time_t threshold = gap_threshold(rows);
    size_t count = rows->count;
    for (size_t i = 1; i < count; i++) {
        const struct ladder_row *before = &rows->items[i - 1];
        sim_time_t start = before->time + before->length;
        sim_time_t space = rows->items[i].time - start;
        if (space < threshold) {
            continue;
        }
        /* Sorts behind everything of the moment when the silence begins. */
        struct ladder_row *gap = add_row(rows, ROW_GAP, start, UINT64_MAX);
        if (gap == NULL) {
            return false;
        }
        gap->length = space;
    }
    sort_rows(rows);
    return true;
}

bool ladder_layout(struct ladder *ladder, uint32_t rows_max, struct ladder_rows *rows)
{
    *rows = (struct ladder_rows){ 0 };
    if (!add_packet_rows(ladder, rows) || !add_event_rows(ladder, rows)) {
        return false;
    }
    sort_rows(rows);
    join_event_rows(ladder, rows);
    if (!add_departures(ladder, rows)) {
        return false;
    }
    cut_middle(rows, rows_max);
    return add_gaps(rows);
}
