/* Text that grows, and how this project writes times, packets and payload.
 *
 * Numbers are integers throughout: a time printed through a double would round differently from
 * one C library to the next. */
#include "sim/observe/text.h"

#include "sim/observe/array.h"
#include "sim/observe/utf8.h"
#include "tcpsim/net.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the growing string --------------------------------------------------------------------- */

static bool make_room(struct text *text, size_t length)
{
    if (text->failed) {
        return false;
    }
    char *bytes = array_reserve(text->bytes, &text->capacity, text->length + length + 1, 1);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    return true;
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->bytes != NULL) {
        text->bytes[0] = '\0';
    }
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){ 0 };
}

const char *text_string(const struct text *text)
{
    return text->bytes == NULL ? "" : text->bytes;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    if (make_room(text, length)) {
        memcpy(text->bytes + text->length, bytes, length);
        text->length += length;
        text->bytes[text->length] = '\0';
    }
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !make_room(text, (size_t)length)) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

/* ---- times, counts -------------------------------------------------------------------------- */

/* "." and the fraction of a unit of `unit` parts, in groups of three digits: at least
 * `groups_min` of them, more only while they say something. */
static void add_fraction(struct text *text, uint64_t fraction, uint64_t unit, int groups_min)
{
    if (groups_min > 0 || fraction != 0) {
        text_add(text, ".");
    }
    for (int group = 0; group < groups_min || fraction > 0; group++) {
        uint64_t scaled = fraction * 1000; /* the next three digits are before the point now */
        text_addf(text, "%03" PRIu64, scaled / unit);
        fraction = scaled % unit;
    }
}

static uint64_t magnitude(sim_time_t time)
{
    return time < 0 ? (uint64_t)0 - (uint64_t)time : (uint64_t)time;
}

void text_add_time(struct text *text, sim_time_t time)
{
    if (time == SIM_NEVER) {
        text_add(text, "never");
        return;
    }
    uint64_t ns = magnitude(time);
    text_addf(text, "%s%" PRIu64, time < 0 ? "-" : "", ns / SIM_SECOND);
    add_fraction(text, ns % SIM_SECOND, SIM_SECOND, 1);
}

void text_add_duration(struct text *text, sim_time_t duration)
{
    static const struct {
        uint64_t ns;
        const char *name;
        int groups_min;
    } units[] = { { SIM_SECOND, "s", 1 },
                  { SIM_MILLISECOND, "ms", 0 },
                  { SIM_MICROSECOND, "us", 0 } };

    if (duration == SIM_NEVER) {
        text_add(text, "for ever");
        return;
    }
    uint64_t ns = magnitude(duration);
    text_add(text, duration < 0 ? "-" : "");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ns >= units[i].ns) {
            text_addf(text, "%" PRIu64, ns / units[i].ns);
            add_fraction(text, ns % units[i].ns, units[i].ns, units[i].groups_min);
            text_addf(text, " %s", units[i].name);
            return;
        }
    }
    text_addf(text, "%" PRIu64 " ns", ns);
}

void text_add_count(struct text *text, uint64_t count)
{
    if (count >= 1000) {
        text_add_count(text, count / 1000); /* at most six deep: 2^64 has seven groups */
        text_addf(text, ",%03" PRIu64, count % 1000);
    } else {
        text_addf(text, "%" PRIu64, count);
    }
}

/* ---- packets -------------------------------------------------------------------------------- */

static void add_options(struct text *text, const struct segment *segment)
{
    char options[TCP_OPTIONS_TEXT_MAX];
    if (tcp_options_format(segment, options, sizeof options) > 0) {
        text_addf(text, " <%s>", options);
    }
}

void text_add_segment(struct text *text, const struct segment *segment)
{
    char flags[TCP_FLAGS_TEXT_MAX];
    uint32_t length = segment->payload.length;
    text_addf(text, "%s %" PRIu32 ":%" PRIu32 "(%" PRIu32 ")",
              tcp_flags_format_packetdrill(segment->flags, flags), segment->seq,
              segment->seq + length, length);
    if (segment->flags & TCP_ACK) {
        text_addf(text, " ack %" PRIu32, segment->ack);
    }
    text_addf(text, " win %u", (unsigned)segment->window);
    if (segment->flags & TCP_URG) {
        text_addf(text, " urg %u", (unsigned)segment->urgent);
    }
    add_options(text, segment);
}

/* ---- payload -------------------------------------------------------------------------------- */

/* One character of a quoted string: its text in `piece`, its columns as the result. */
static int quote_one(const char *bytes, size_t length, bool ascii, char *piece, size_t *used)
{
    uint32_t code_point = utf8_decode(bytes, length, used);
    const char *named = NULL;
    if (code_point == '\r') {
        named = "\\r";
    } else if (code_point == '\n') {
        named = "\\n";
    } else if (code_point == '\t') {
        named = "\\t";
    } else if (code_point == '"') {
        named = "\\\"";
    } else if (code_point == '\\') {
        named = "\\\\";
    }
    if (named != NULL) {
        memcpy(piece, named, strlen(named) + 1);
        return 2;
    }
    bool printable = code_point != UTF8_BAD && code_point >= 0x20 && code_point != 0x7f &&
                     !(code_point >= 0x80 && code_point < 0xa0) && !(ascii && code_point >= 0x80);
    if (!printable) {
        *used = 1;
        (void)snprintf(piece, 8, "\\x%02X", (unsigned)(uint8_t)bytes[0]);
        return 4;
    }
    memcpy(piece, bytes, *used);
    piece[*used] = '\0';
    return utf8_code_point_width(code_point);
}

bool text_add_quoted(struct text *text, const uint8_t *bytes, size_t length, int columns,
                     bool ascii)
{
    const char *rest = (const char *)bytes;
    const char *dots = ascii ? "..." : "…";
    int dots_width = ascii ? 3 : 1;
    size_t kept = 0; /* where to cut so that the dots fit */
    int width = 0;

    text_add(text, "\"");
    kept = text->length;
    while (length > 0) {
        char piece[8];
        size_t used = 0;
        int added = quote_one(rest, length, ascii, piece, &used);
        if (width + added > columns) {
            break;
        }
        text_add(text, piece);
        width += added;
        if (width + dots_width <= columns) {
            kept = text->length;
        }
        rest += used;
        length -= used;
    }
    if (length > 0 && !text->failed) {
        text->length = kept;
        text_add(text, dots);
    }
    text_add(text, "\"");
    return length == 0;
}

/* Most of the bytes are characters: worth quoting. */
static bool is_readable(const uint8_t *bytes, size_t length)
{
    size_t odd = 0;
    for (size_t i = 0; i < length; i++) {
        bool plain = bytes[i] >= 0x20 && bytes[i] != 0x7f;
        odd += !plain && bytes[i] != '\r' && bytes[i] != '\n' && bytes[i] != '\t';
    }
    for (size_t i = 0; i < length;) {
        size_t used = 0;
        odd += utf8_decode((const char *)bytes + i, length - i, &used) == UTF8_BAD;
        i += used;
    }
    return odd * 4 <= length;
}

void text_add_payload(struct text *text, const struct sim *sim, struct payload payload, int columns,
                      bool ascii)
{
    uint8_t bytes[256];
    struct payload head = payload;
    head.length = payload.length < sizeof bytes ? payload.length : (uint32_t)sizeof bytes;
    if (head.length > 0 && payload.stream != 0) {
        sim_read_payload(sim, head, bytes);
        if (is_readable(bytes, head.length)) {
            bool whole = text_add_quoted(text, bytes, head.length, columns, ascii);
            if (whole && head.length == payload.length) {
                return;
            }
            text_add(text, " ");
        }
    }
    text_add_count(text, payload.length);
    text_add(text, payload.length == 1 ? " byte" : " bytes");
}

/* ---- other people's text -------------------------------------------------------------------- */

static const char *ascii_likeness(uint32_t code_point)
{
    static const struct {
        uint32_t code_point;
        const char *likeness;
    } table[] = {
        { 0x00b7, "." },  { 0x00d7, "x" },  { 0x2013, "-" },  { 0x2014, "--" },  { 0x2018, "'" },
        { 0x2019, "'" },  { 0x201c, "\"" }, { 0x201d, "\"" }, { 0x2026, "..." }, { 0x2190, "<-" },
        { 0x2192, "->" }, { 0x2260, "!=" }, { 0x2264, "<=" }, { 0x2265, ">=" },  { 0x2713, "ok" },
        { 0x2717, "X" },  { 0x00b5, "u" },  { 0x2502, "|" },  { 0x2500, "-" },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code_point == code_point) {
            return table[i].likeness;
        }
    }
    return "?";
}

void text_add_clean(struct text *text, const char *string, bool ascii)
{
    size_t left = strlen(string);
    while (left > 0) {
        size_t used = 0;
        uint32_t code_point = utf8_decode(string, left, &used);
        bool control = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
        if (code_point == UTF8_BAD) {
            text_add(text, "?");
        } else if (control) {
            text_add(text, " ");
        } else if (code_point >= 0x80 && ascii) {
            text_add(text, ascii_likeness(code_point));
        } else {
            text_add_bytes(text, string, used);
        }
        string += used;
        left -= used;
    }
}
