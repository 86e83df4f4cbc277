#include "sim/base/arena.h"

#include "sim/base/memory.h"
#include "sim/base/panic.h"

#include <string.h>

enum {
    SMALLEST_BITS = 4,
    FIRST_CHUNK_BYTES = 16 * 1024,
    LARGEST_CHUNK_BYTES = 4 * 1024 * 1024,
};

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* whole chunk, header included */
};

struct arena_free_block {
    struct arena_free_block *next;
};

/* Chunk headers and blocks are multiples of 16, so every block is aligned to 16. */
static const size_t header_bytes = (sizeof(struct arena_chunk) + 15) / 16 * 16;

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){ .limit_bytes = limit_bytes };
}

void arena_destroy(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        memory_free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}

/* Class c holds blocks of 2^(c + SMALLEST_BITS) bytes. */
static unsigned class_of(size_t size)
{
    unsigned class = 0;
    while (((size_t)1 << (class + SMALLEST_BITS)) < size) {
        class ++;
    }
    SIM_ASSERT(class < ARENA_CLASSES);
    return class;
}

static size_t class_bytes(unsigned class)
{
    return (size_t)1 << (class + SMALLEST_BITS);
}

/* Chunks double, so that a small world is cheap and a large one has few of them. */
static size_t next_chunk_bytes(const struct arena *arena, size_t block)
{
    size_t size = arena->chunks == NULL ? FIRST_CHUNK_BYTES : arena->chunks->size * 2;
    if (size > LARGEST_CHUNK_BYTES) {
        size = LARGEST_CHUNK_BYTES;
    }
    return block + header_bytes > size ? block + header_bytes : size;
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t block)
{
    size_t size = next_chunk_bytes(arena, block);
    if (size > arena->limit_bytes - arena->total_bytes) {
        size = block + header_bytes;
    }
    if (size > arena->limit_bytes - arena->total_bytes) {
        return NULL;
    }
    struct arena_chunk *chunk = memory_allocate(size);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->chunk_used = header_bytes;
    arena->total_bytes += size;
    return chunk;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4) {
        return NULL;
    }
    unsigned class = class_of(size);
    struct arena_free_block *block = arena->free_blocks[class];
    if (block != NULL) {
        arena->free_blocks[class] = block->next;
        return block;
    }
    size_t bytes = class_bytes(class);
    struct arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - arena->chunk_used < bytes) {
        chunk = add_chunk(arena, bytes);
        if (chunk == NULL) {
            return NULL;
        }
    }
    void *memory = (char *)chunk + arena->chunk_used;
    arena->chunk_used += bytes;
    return memory;
}

void arena_release(struct arena *arena, void *block, size_t size)
{
    if (block == NULL) {
        return;
    }
    unsigned class = class_of(size);
    struct arena_free_block *freed = block;
    freed->next = arena->free_blocks[class];
    arena->free_blocks[class] = freed;
}

void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
    void *bigger = arena_allocate(arena, new_size);
    if (bigger == NULL) {
        return NULL;
    }
    if (old_size > 0) {
        memcpy(bigger, block, old_size);
        arena_release(arena, block, old_size);
    }
    return bigger;
}
