/* Packets known to be good, and decoding under a sanitizer's eyes, for the tests of sim/wire. */
#ifndef TCPSIM_TESTS_WIRE_SAMPLES_H
#define TCPSIM_TESTS_WIRE_SAMPLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/wire/codec.h"

enum { PACKET_MAX = 2048 };

/* ---- packets known to be good: tshark accepts each of them with both checksums checked ------ */

/* 192.0.2.1:49152 > 198.51.100.2:80 [S] mss, sackOK, TS, nop, wscale */
static const char syn_hex[] = "4500003c1c4640004006323fc0000201c6336402"
                              "c0000050deadbeef00000000a002faf002e90000"
                              "020405b40402080a000000010000000001030307";
static const char data_hex[] = "45020039000700003f0667b40a0000010a000002"
                               "0050c000000003e900001b59801801f6319b0000"
                               "0101080a000003e8000007d068656c6c6f";
/* with a Router Alert option (RFC 2113) in the IPv4 header */
static const char ip_options_hex[] = "4600002e00094000400691ba0a0000010a000002"
                                     "94040000"
                                     "0050c00000000001000000025010006479b600006162";
static const char ipv6_hex[] = "6b9abcde002b06ff20010db8000000000000000000000001"
                               "20010db8000000000000000000000002"
                               "01bbc350ffffffff00000001a1d1ffff98370003"
                               "0101051200000064000000c80000012c00000190474554";

static inline size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return length;
}

static inline struct segment with_options(const char *hex)
{
    struct segment s = { .flags = TCP_ACK };
    assert_true(strlen(hex) <= 2 * TCP_OPTIONS_MAX);
    s.options_length = (uint8_t)from_hex(hex, s.options);
    return s;
}

/* Decodes a copy that ends where its memory block ends, so that a sanitizer sees any overrun.
 * *payload_offset: where the payload is in `bytes`. */
static inline enum wire_verdict decode(const uint8_t *bytes, size_t length, struct packet *p,
                                       size_t *payload_offset)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    const uint8_t *payload = bytes;
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    enum wire_verdict verdict = wire_decode_packet(copy, length, p, &payload);
    assert_int_equal(verdict == WIRE_OK, payload != NULL);
    *payload_offset = payload != NULL ? (size_t)(payload - copy) : 0;
    free(copy);
    return verdict;
}

static inline enum wire_verdict verdict_on(const uint8_t *bytes, size_t length)
{
    struct packet p;
    size_t offset;
    return decode(bytes, length, &p, &offset);
}

/* ---- a small generator of random numbers ---------------------------------------------------- */

static inline uint32_t next_random(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 32);
}

static inline void fill_random(uint64_t *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)next_random(random);
    }
}

#endif
