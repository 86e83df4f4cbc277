/* SipHash-2-4 against the vectors of its paper: key 00..0f, input 00, 01, ... (Aumasson and
 * Bernstein, 2012, appendix A, and the table of the reference implementation). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/base/common.h"
#include "sim/base/siphash.h"

static const uint8_t key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/* vectors[n] is the hash of the first n bytes of 00, 01, 02, ... */
static const uint64_t vectors[] = {
    UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
    UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
    UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462),
    UINT64_C(0x9e0082df0ba9e4b0), UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0xf4b32f46226bada7),
    UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x14ea5627c0843d90), UINT64_C(0xf723ca908e7af2ee),
    UINT64_C(0xa129ca6149be45e5),
};

enum { LONG_BYTES = 300 };
static const uint64_t long_vector = UINT64_C(0x4b0b710db6117839); /* bytes i mod 256 */

static uint64_t hash_of(const uint8_t *bytes, size_t length)
{
    struct siphash h;
    siphash_init(&h, key);
    siphash_update(&h, bytes, length);
    return siphash_final(&h);
}

static void fill(uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)i;
    }
}

static void test_published_vectors_hold(void **state)
{
    uint8_t input[LONG_BYTES];
    (void)state;
    fill(input, sizeof input);
    for (size_t n = 0; n < COUNT_OF(vectors); n++) {
        assert_true(hash_of(input, n) == vectors[n]);
    }
}

static void test_vector_of_the_paper_is_a129ca6149be45e5(void **state)
{
    uint8_t input[15];
    (void)state;
    fill(input, sizeof input);
    assert_true(hash_of(input, 15) == UINT64_C(0xa129ca6149be45e5));
}

/* The length is taken modulo 256. */
static void test_input_longer_than_256_bytes(void **state)
{
    uint8_t input[LONG_BYTES];
    (void)state;
    fill(input, sizeof input);
    assert_true(hash_of(input, sizeof input) == long_vector);
}

static void test_pieces_hash_as_the_whole(void **state)
{
    uint8_t input[40];
    (void)state;
    fill(input, sizeof input);
    for (size_t a = 0; a <= sizeof input; a++) {
        for (size_t b = a; b <= sizeof input; b++) {
            struct siphash h;
            siphash_init(&h, key);
            siphash_update(&h, input, a);
            siphash_update(&h, input + a, b - a);
            siphash_update(&h, input + b, sizeof input - b);
            assert_true(siphash_final(&h) == hash_of(input, sizeof input));
        }
    }
}

static void test_every_bit_of_the_key_counts(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 128; bit++) {
        uint8_t other[16];
        for (size_t i = 0; i < 16; i++) {
            other[i] = key[i];
        }
        other[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct siphash h;
        siphash_init(&h, other);
        assert_false(siphash_final(&h) == vectors[0]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors_hold),
        cmocka_unit_test(test_vector_of_the_paper_is_a129ca6149be45e5),
        cmocka_unit_test(test_input_longer_than_256_bytes),
        cmocka_unit_test(test_pieces_hash_as_the_whole),
        cmocka_unit_test(test_every_bit_of_the_key_counts),
    };
    return cmocka_run_group_tests_name("base/siphash", tests, NULL, NULL);
}
