/* An arena: all memory of one world, released at once.
 *
 * Blocks come in powers of two from 16 bytes up and are cut from chunks; a freed block waits in its
 * size class for the next of that size. Nothing goes back to the system before arena_destroy(), so
 * in the steady state there is no allocation. */
#ifndef TCPSIM_BASE_ARENA_H
#define TCPSIM_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum { ARENA_CLASSES = 44 };

struct arena_chunk;
struct arena_free_block;

struct arena {
    struct arena_chunk *chunks; /* newest first; the first one is being cut */
    size_t chunk_used;          /* bytes used of the first chunk */
    size_t total_bytes;         /* taken from the system */
    size_t limit_bytes;         /* never more than this */
    struct arena_free_block *free_blocks[ARENA_CLASSES];
};

void arena_init(struct arena *arena, size_t limit_bytes);
void arena_destroy(struct arena *arena);

/* A block of at least `size` bytes, aligned to 16, contents undefined; NULL at the limit. */
void *arena_allocate(struct arena *arena, size_t size);

/* Give a block back; `size` is the size that was asked for. NULL is ignored. */
void arena_release(struct arena *arena, void *block, size_t size);

/* A bigger block with the first `old_size` bytes of `block`, which is released; NULL (and `block`
 * untouched) at the limit. `block` may be NULL with old_size 0. */
void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size);

#endif
