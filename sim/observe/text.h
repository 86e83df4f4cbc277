/* Text that grows, and how this project writes times, packets and payload. */
#ifndef TCPSIM_OBSERVE_TEXT_H
#define TCPSIM_OBSERVE_TEXT_H

#include "tcpsim/packet.h"
#include "tcpsim/sim.h"
#include "tcpsim/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string that grows. All zeros is an empty one. Running out of memory sets `failed`; what was
 * added before stays, and further additions do nothing, so that a caller asks once at the end. */
struct text {
    char *bytes;
    size_t length, capacity;
    bool failed;
};

void text_clear(struct text *text); /* empty it, keep the memory */
void text_free(struct text *text);
const char *text_string(const struct text *text); /* valid until the next change; never NULL */

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void text_addf(struct text *text, const char *format, ...);

/* ---- times, counts -------------------------------------------------------------------------- */

/* Seconds with milliseconds, and microseconds or nanoseconds when they are not 0: "0.010",
 * "0.010250", "never". */
void text_add_time(struct text *text, sim_time_t time);

/* The same in the largest unit that fits: "40 ms", "2.950 s", "12.500 us". */
void text_add_duration(struct text *text, sim_time_t duration);

/* "1,234,567". */
void text_add_count(struct text *text, uint64_t count);

/* ---- packets and payload -------------------------------------------------------------------- */

/* packetdrill's notation: "S. 7000:7000(0) ack 1001 win 65535 <mss 1460>". */
void text_add_segment(struct text *text, const struct segment *segment);

/* Bytes in quotes, for people: "GET / HTTP/1.1\r\n". Control characters, quotes and what is not
 * UTF-8 (all that is not ASCII when `ascii`) are escaped as in C. At most `columns` columns
 * between the quotes, the last of them "…" (or "...") when something is left out.
 * Returns whether nothing was. */
bool text_add_quoted(struct text *text, const uint8_t *bytes, size_t length, int columns,
                     bool ascii);

/* The beginning of a payload in quotes with its length where it is cut, or only "1,460 bytes"
 * when it is no text. */
void text_add_payload(struct text *text, const struct sim *sim, struct payload payload, int columns,
                      bool ascii);

/* Somebody else's text for one line of a terminal: control characters become blanks, bad UTF-8
 * "?"; when `ascii`, known characters get a likeness ("→" becomes "->"), others "?". */
void text_add_clean(struct text *text, const char *string, bool ascii);

#endif
