/* Streams: what writers wrote, kept for the life of the world.
 *
 * A stream is a sequence of extents. An extent is literal bytes or the output of a generator, which
 * takes no memory. A payload names bytes by (stream, offset, length), so that retransmission and
 * delivery copy nothing and a byte's writer is always known. Streams are numbered from 1. */
#ifndef TCPSIM_BASE_STREAM_H
#define TCPSIM_BASE_STREAM_H

#include "sim/base/arena.h"
#include "sim/base/pool.h"
#include "tcpsim/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_table {
    struct arena *arena;
    struct pool streams;
};

void stream_table_init(struct stream_table *table, struct arena *arena);

/* A new, empty stream written by `host` (and `conn`, 0 if none); 0 when there is no memory. */
uint32_t stream_create(struct stream_table *table, uint32_t host, uint64_t conn);

/* Append; false, and nothing changed, when there is no memory. */
bool stream_append(struct stream_table *table, uint32_t stream, const void *bytes, size_t length);
bool stream_append_generated(struct stream_table *table, uint32_t stream, uint64_t length);

uint64_t stream_length(const struct stream_table *table, uint32_t stream);
void stream_origin(const struct stream_table *table, uint32_t stream, uint32_t *host,
                   uint64_t *conn);

/* Note that connection `reader` was given bytes of the stream. False when the stream was given to
 * another one before: then these bytes are foreign to `reader`. */
bool stream_claim(struct stream_table *table, uint32_t stream, uint64_t reader);

/* Copy out the bytes of a payload, all of which must have been written. */
void stream_read(const struct stream_table *table, struct payload payload, uint8_t *bytes);

#endif
