/* Sequence number arithmetic modulo 2^32 (RFC 9293 3.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/base/common.h"
#include "sim/base/seq.h"

static const uint32_t origins[] = { 0,          1,          1000,       0x7fffffff,
                                    0x80000000, 0x80000001, 0xfffffffe, 0xffffffff };
static const uint32_t distances[] = { 1, 2, 1460, 65535, 1u << 30, 0x7fffffff };

static void test_a_number_less_than_half_the_circle_ahead_is_greater(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        for (size_t k = 0; k < COUNT_OF(distances); k++) {
            uint32_t a = origins[i], b = a + distances[k];
            assert_true(seq_lt(a, b) && seq_leq(a, b) && seq_gt(b, a) && seq_geq(b, a));
            assert_false(seq_lt(b, a) || seq_leq(b, a) || seq_gt(a, b) || seq_geq(a, b));
        }
    }
}

static void test_a_number_is_neither_less_nor_greater_than_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        uint32_t a = origins[i];
        assert_true(seq_leq(a, a) && seq_geq(a, a));
        assert_false(seq_lt(a, a) || seq_gt(a, a));
    }
}

static void test_max_and_min_follow_the_circle(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        for (size_t k = 0; k < COUNT_OF(distances); k++) {
            uint32_t a = origins[i], b = a + distances[k];
            assert_true(seq_max(a, b) == b && seq_max(b, a) == b);
            assert_true(seq_min(a, b) == a && seq_min(b, a) == a);
        }
    }
}

static void test_window_holds_its_left_edge_and_not_its_right(void **state)
{
    static const uint32_t sizes[] = { 1, 1460, 65535, 1u << 31, UINT32_MAX };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            uint32_t left = origins[i], size = sizes[k];
            assert_true(seq_in_window(left, left, size));
            assert_true(seq_in_window(left + size - 1, left, size));
            assert_false(seq_in_window(left + size, left, size));
            assert_false(seq_in_window(left - 1, left, size));
        }
    }
}

static void test_window_of_zero_holds_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        assert_false(seq_in_window(origins[i], origins[i], 0));
        assert_false(seq_in_window(origins[i] - 1, origins[i], 0));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_number_less_than_half_the_circle_ahead_is_greater),
        cmocka_unit_test(test_a_number_is_neither_less_nor_greater_than_itself),
        cmocka_unit_test(test_max_and_min_follow_the_circle),
        cmocka_unit_test(test_window_holds_its_left_edge_and_not_its_right),
        cmocka_unit_test(test_window_of_zero_holds_nothing),
    };
    return cmocka_run_group_tests_name("base/seq", tests, NULL, NULL);
}
