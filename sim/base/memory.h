/* The one door to the system's allocator. */
#ifndef TCPSIM_BASE_MEMORY_H
#define TCPSIM_BASE_MEMORY_H

#include <stddef.h>

/* `size` bytes, or NULL. memory_zeroed() gives zero bytes, from the system where that is cheaper. */
void *memory_allocate(size_t size);
void *memory_zeroed(size_t size);
void memory_free(void *memory);

#endif
