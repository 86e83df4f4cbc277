/* RFC 6528 section 3: ISN = M + F(localip, localport, remoteip, remoteport, secretkey). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/base/common.h"
#include "sim/tcp/isn.h"

static const uint8_t secret[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static struct tcp_tuple some_tuple(void)
{
    return (struct tcp_tuple){ .local = ip_addr_v4(192, 0, 2, 1),
                               .remote = ip_addr_v4(198, 51, 100, 2),
                               .local_port = 40000,
                               .remote_port = 80 };
}

/* "M is the 4 microsecond timer" */
static void test_isn_counts_up_every_4_microseconds(void **state)
{
    struct tcp_tuple tuple = some_tuple();
    uint32_t first = tcp_isn(secret, &tuple, 0);
    (void)state;
    assert_int_equal(tcp_isn(secret, &tuple, 4 * SIM_MICROSECOND - 1), first);
    assert_int_equal(tcp_isn(secret, &tuple, 4 * SIM_MICROSECOND), first + 1);
    assert_int_equal(tcp_isn(secret, &tuple, SIM_SECOND), first + 250000);
}

static void test_isn_comes_round_after_4_hours_and_three_quarters(void **state)
{
    struct tcp_tuple tuple = some_tuple();
    sim_time_t circle = ((sim_time_t)1 << 32) * 4 * SIM_MICROSECOND;
    (void)state;
    assert_int_equal(tcp_isn(secret, &tuple, circle), tcp_isn(secret, &tuple, 0));
}

static void test_every_part_of_the_tuple_and_the_secret_counts(void **state)
{
    struct tcp_tuple tuple = some_tuple();
    uint32_t isns[6] = { tcp_isn(secret, &tuple, 0) };
    uint8_t other[16] = { 9 };
    (void)state;
    isns[1] = tcp_isn(other, &tuple, 0);
    tuple.local_port++;
    isns[2] = tcp_isn(secret, &tuple, 0);
    tuple.remote_port++;
    isns[3] = tcp_isn(secret, &tuple, 0);
    tuple.local.bytes[15]++;
    isns[4] = tcp_isn(secret, &tuple, 0);
    tuple.remote.bytes[15]++;
    isns[5] = tcp_isn(secret, &tuple, 0);
    for (size_t i = 0; i < COUNT_OF(isns); i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(isns[i], isns[k]);
        }
    }
}

static void test_both_bytes_of_a_port_count(void **state)
{
    struct tcp_tuple tuple = some_tuple();
    uint32_t plain = tcp_isn(secret, &tuple, 0);
    (void)state;
    tuple.remote_port ^= 0x100;
    assert_int_not_equal(tcp_isn(secret, &tuple, 0), plain);
    tuple.remote_port ^= 0x101;
    assert_int_not_equal(tcp_isn(secret, &tuple, 0), plain);
}

/* RFC 6056 3.3.3: the offset must not depend on the local port that is being looked for. */
static void test_port_offset_depends_on_all_but_the_local_port(void **state)
{
    struct tcp_tuple tuple = some_tuple();
    uint32_t plain = tcp_port_offset(secret, &tuple);
    (void)state;
    tuple.local_port++;
    assert_int_equal(tcp_port_offset(secret, &tuple), plain);
    tuple.remote_port++;
    assert_int_not_equal(tcp_port_offset(secret, &tuple), plain);
    tuple = some_tuple();
    tuple.remote.bytes[15]++;
    assert_int_not_equal(tcp_port_offset(secret, &tuple), plain);
    tuple = some_tuple();
    tuple.local.bytes[15]++;
    assert_int_not_equal(tcp_port_offset(secret, &tuple), plain);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isn_counts_up_every_4_microseconds),
        cmocka_unit_test(test_isn_comes_round_after_4_hours_and_three_quarters),
        cmocka_unit_test(test_every_part_of_the_tuple_and_the_secret_counts),
        cmocka_unit_test(test_both_bytes_of_a_port_count),
        cmocka_unit_test(test_port_offset_depends_on_all_but_the_local_port),
    };
    return cmocka_run_group_tests_name("rfc/isn", tests, NULL, NULL);
}
