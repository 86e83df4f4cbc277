/* The digest: the same facts give the same number, and each field changes it. */
#include "sim/observe/digest.h"

#include "sim/base/siphash.h"
#include "tests/support/observe_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct story world; /* asked for names only */

static uint64_t digest_of(const struct sim_fact *fact)
{
    struct digest *digest = digest_create();
    assert_non_null(digest);
    digest_observe(digest, world.sim, fact);
    uint64_t value = digest_value(digest);
    assert_int_equal(digest_fact_count(digest), 1);
    digest_destroy(digest);
    return value;
}

static int setup(void **state)
{
    (void)state;
    story_open(&world, digest_observe, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    story_close(&world);
    return 0;
}

struct saved {
    uint8_t bytes[16];
    size_t size;
};

static struct saved save(const void *field, size_t size)
{
    struct saved saved = { .size = size };
    assert_true(size <= sizeof saved.bytes);
    memcpy(saved.bytes, field, size);
    return saved;
}

static void restore(void *field, struct saved saved)
{
    memcpy(field, saved.bytes, saved.size);
}

/* Change one lvalue, expect another digest, change it back and expect the first. */
#define EXPECT_SENSITIVE(fact, field, other)                   \
    do {                                                       \
        struct saved saved = save(&(field), sizeof(field));    \
        uint64_t first = digest_of(&(fact));                   \
        (field) = (other);                                     \
        if (digest_of(&(fact)) == first) {                     \
            fail_msg("%s does not change the digest", #field); \
        }                                                      \
        restore(&(field), saved);                              \
        assert_int_equal(digest_of(&(fact)), first);           \
    } while (0)

static void test_siphash_gives_the_published_value(void **state)
{
    (void)state;
    uint8_t key[16];
    uint8_t input[15];
    struct siphash hash;
    for (uint8_t i = 0; i < 16; i++) {
        key[i] = i;
    }
    for (uint8_t i = 0; i < 15; i++) {
        input[i] = i;
    }
    siphash_init(&hash, key);
    siphash_update(&hash, input, sizeof input);
    assert_true(siphash_final(&hash) == UINT64_C(0xa129ca6149be45e5));
}

static struct packet sample_packet(void)
{
    return (
        struct packet){ .id = 1, .version = 4, .tcp = { .flags = TCP_SYN, .options_length = 4 } };
}

static void test_each_field_of_a_packet_changes_it(void **state)
{
    (void)state;
    struct packet p = sample_packet();
    struct sim_fact fact = { .kind = FACT_ARRIVED, .host = 1, .packet = &p };
    EXPECT_SENSITIVE(fact, p.id, 2);
    EXPECT_SENSITIVE(fact, p.copy_of, 7);
    EXPECT_SENSITIVE(fact, p.source.bytes[15], 1);
    EXPECT_SENSITIVE(fact, p.destination.bytes[0], 1);
    EXPECT_SENSITIVE(fact, p.flow_label, 1);
    EXPECT_SENSITIVE(fact, p.identification, 1);
    EXPECT_SENSITIVE(fact, p.version, 6);
    EXPECT_SENSITIVE(fact, p.traffic_class, 1);
    EXPECT_SENSITIVE(fact, p.hop_limit, 1);
    EXPECT_SENSITIVE(fact, p.protocol, 1);
    EXPECT_SENSITIVE(fact, p.dont_fragment, true);
    EXPECT_SENSITIVE(fact, p.injected, true);
    EXPECT_SENSITIVE(fact, p.corrupted, true);
    EXPECT_SENSITIVE(fact, p.tcp.source_port, 1);
    EXPECT_SENSITIVE(fact, p.tcp.destination_port, 1);
    EXPECT_SENSITIVE(fact, p.tcp.seq, 0x01000000);
    EXPECT_SENSITIVE(fact, p.tcp.ack, 1);
    EXPECT_SENSITIVE(fact, p.tcp.flags, TCP_AE);
    EXPECT_SENSITIVE(fact, p.tcp.window, 1);
    EXPECT_SENSITIVE(fact, p.tcp.urgent, 1);
    EXPECT_SENSITIVE(fact, p.tcp.options_length, 8);
    EXPECT_SENSITIVE(fact, p.tcp.options[3], 1);
    EXPECT_SENSITIVE(fact, p.tcp.payload.stream, 1);
    EXPECT_SENSITIVE(fact, p.tcp.payload.offset, UINT64_C(1) << 40);
    EXPECT_SENSITIVE(fact, p.tcp.payload.length, 1);
}

static void test_each_field_of_an_arrival_changes_it(void **state)
{
    (void)state;
    struct packet p = sample_packet();
    rule_id rules[] = { 1, 2 };
    struct sim_fact fact = { .kind = FACT_ARRIVED, .host = 1, .packet = &p, .rules = rules };
    fact.rule_count = 1;
    EXPECT_SENSITIVE(fact, fact.kind, FACT_SENT);
    EXPECT_SENSITIVE(fact, fact.time, 1);
    EXPECT_SENSITIVE(fact, fact.host, 2);
    EXPECT_SENSITIVE(fact, fact.conn, 1);
    EXPECT_SENSITIVE(fact, fact.from, TCP_LISTEN);
    EXPECT_SENSITIVE(fact, fact.to, TCP_LISTEN);
    EXPECT_SENSITIVE(fact, fact.rule_count, 2);
    EXPECT_SENSITIVE(fact, rules[0], 2);
}

static void test_each_field_of_a_link_fact_changes_it(void **state)
{
    (void)state;
    struct packet p = sample_packet();
    struct sim_fact fact = { .kind = FACT_LINK, .packet = &p, .link = 1 };
    EXPECT_SENSITIVE(fact, fact.link, 2);
    EXPECT_SENSITIVE(fact, fact.direction, 1);
    EXPECT_SENSITIVE(fact, fact.fate, FATE_LOST);
    EXPECT_SENSITIVE(fact, fact.departs_at, 1);
    EXPECT_SENSITIVE(fact, fact.arrives_at, 1);
    EXPECT_SENSITIVE(fact, fact.reordered, true);
    EXPECT_SENSITIVE(fact, fact.text, ""); /* NULL and "" differ */
    EXPECT_SENSITIVE(fact, p.tcp.seq, 1);
}

static void test_each_field_of_the_other_facts_changes_it(void **state)
{
    (void)state;
    rule_id rules[] = { 1 };
    struct sim_fact fact = { .kind = FACT_STATE, .host = 1, .rules = rules };
    EXPECT_SENSITIVE(fact, fact.from, TCP_LISTEN);
    EXPECT_SENSITIVE(fact, fact.to, TCP_LISTEN);
    EXPECT_SENSITIVE(fact, fact.rule_count, 1);
    fact = (struct sim_fact){ .kind = FACT_APP, .host = 1 };
    EXPECT_SENSITIVE(fact, fact.app, APP_ACCEPTED);
    EXPECT_SENSITIVE(fact, fact.bytes, 1);
    EXPECT_SENSITIVE(fact, fact.payload.stream, 1);
    EXPECT_SENSITIVE(fact, fact.payload.offset, 1);
    EXPECT_SENSITIVE(fact, fact.payload.length, 1);
    EXPECT_SENSITIVE(fact, fact.status, SIM_RESET);
    fact = (struct sim_fact){ .kind = FACT_TIMEOUT, .host = 1, .text = "on", .rules = rules };
    EXPECT_SENSITIVE(fact, fact.text, "persist");
    EXPECT_SENSITIVE(fact, fact.rule_count, 1);
    fact = (struct sim_fact){ .kind = FACT_NOTE, .text = "a" };
    EXPECT_SENSITIVE(fact, fact.text, "b");
    fact = (struct sim_fact){ .kind = FACT_VERDICT, .text = "a", .file = "x/a.lua" };
    EXPECT_SENSITIVE(fact, fact.passed, true);
    EXPECT_SENSITIVE(fact, fact.text, "b");
    EXPECT_SENSITIVE(fact, fact.detail, "b");
    EXPECT_SENSITIVE(fact, fact.file, "x/b.lua");
    EXPECT_SENSITIVE(fact, fact.line, 1);
}

static void test_the_folder_of_a_scenario_does_not_matter(void **state)
{
    (void)state;
    struct sim_fact here = { .kind = FACT_VERDICT, .text = "a", .file = "a.lua" };
    struct sim_fact there = { .kind = FACT_VERDICT, .text = "a", .file = "/home/a.lua" };
    assert_true(digest_of(&here) == digest_of(&there));
}

static void test_asking_early_does_not_disturb_the_digest(void **state)
{
    (void)state;
    struct sim_fact fact = { .kind = FACT_NOTE, .text = "a" };
    struct digest *asked = digest_create();
    struct digest *left_alone = digest_create();
    digest_observe(asked, world.sim, &fact);
    uint64_t early = digest_value(asked);
    digest_observe(asked, world.sim, &fact);
    digest_observe(left_alone, world.sim, &fact);
    digest_observe(left_alone, world.sim, &fact);
    assert_true(digest_value(asked) == digest_value(left_alone));
    assert_true(digest_value(asked) != early);
    digest_destroy(asked);
    digest_destroy(left_alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash_gives_the_published_value),
        cmocka_unit_test(test_each_field_of_a_packet_changes_it),
        cmocka_unit_test(test_each_field_of_an_arrival_changes_it),
        cmocka_unit_test(test_each_field_of_a_link_fact_changes_it),
        cmocka_unit_test(test_each_field_of_the_other_facts_changes_it),
        cmocka_unit_test(test_the_folder_of_a_scenario_does_not_matter),
        cmocka_unit_test(test_asking_early_does_not_disturb_the_digest),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
