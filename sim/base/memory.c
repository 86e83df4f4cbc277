#include "sim/base/memory.h"

#include <stdlib.h>

void *memory_allocate(size_t size)
{
    return malloc(size);
}

void *memory_zeroed(size_t size)
{
    return calloc(1, size);
}

void memory_free(void *memory)
{
    free(memory);
}
