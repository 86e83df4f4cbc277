/* Sequence number arithmetic, modulo 2^32.
 *
 * Source: RFC 9293 3.4. Comparisons hold while the two numbers are less than 2^31 apart. No other
 * file compares sequence numbers with < or >. */
#ifndef TCPSIM_BASE_SEQ_H
#define TCPSIM_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_lt(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool seq_leq(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) <= 0;
}

static inline bool seq_gt(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline bool seq_geq(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) >= 0;
}

/* Whether `seq` lies in the window [left, left + size). Holds for sizes up to 2^32 - 1. */
static inline bool seq_in_window(uint32_t seq, uint32_t left, uint32_t size)
{
    return seq - left < size;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
    return seq_gt(a, b) ? a : b;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
    return seq_lt(a, b) ? a : b;
}

#endif
