#include "tests/support/net_lab.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- observing ------------------------------------------------------------------------------ */

static struct net_lab_fact *add_fact(struct net_lab *lab)
{
    if (lab->fact_count == lab->fact_capacity) {
        lab->fact_capacity = lab->fact_capacity == 0 ? 64 : 2 * lab->fact_capacity;
        lab->facts = realloc(lab->facts, lab->fact_capacity * sizeof *lab->facts);
        assert_non_null(lab->facts);
    }
    struct net_lab_fact *fact = &lab->facts[lab->fact_count++];
    memset(fact, 0, sizeof *fact);
    return fact;
}

static void keep_fact(void *context, const struct sim *sim, const struct sim_fact *told)
{
    (void)sim;
    if (told->kind != FACT_LINK) {
        return;
    }
    struct net_lab_fact *fact = add_fact(context);
    fact->time = told->time;
    fact->departs_at = told->departs_at;
    fact->arrives_at = told->arrives_at;
    fact->host = told->host;
    fact->link = told->link;
    fact->direction = told->direction;
    fact->fate = told->fate;
    fact->reordered = told->reordered;
    fact->packet = *told->packet;
    if (told->text != NULL) {
        snprintf(fact->label, sizeof fact->label, "%s", told->text);
    }
}

/* ---- building ------------------------------------------------------------------------------- */

struct net_lab *net_lab_create(const struct sim_config *config)
{
    struct net_lab *lab = calloc(1, sizeof *lab);
    assert_non_null(lab);
    lab->sim = sim_create(config);
    assert_non_null(lab->sim);
    lab->flags = TCP_ACK;
    lab->version = 4;
    assert_int_equal(sim_observe(lab->sim, keep_fact, lab), SIM_OK);
    return lab;
}

void net_lab_destroy(struct net_lab *lab)
{
    sim_destroy(lab->sim);
    free(lab->facts);
    free(lab);
}

struct ip_addr net_lab_address(uint8_t version, host_id node)
{
    if (version == 4) {
        return ip_addr_v4(192, 0, (uint8_t)(2 + (node >> 8)), (uint8_t)node);
    }
    return (struct ip_addr){ { 0x20, 0x01, 0x0d,
                               0xb8, [14] = (uint8_t)(node >> 8), [15] = (uint8_t)node } };
}

host_id net_lab_node(struct net_lab *lab, enum node_kind kind)
{
    char name[NET_NAME_MAX];
    uint32_t number = ++lab->node_count;
    snprintf(name, sizeof name, "node%u", (unsigned)number);
    struct host_config config = { .name = name, .kind = kind, .tcp = tcp_params_default() };
    config.addresses[0] = net_lab_address(4, number);
    config.addresses[1] = net_lab_address(6, number);
    config.address_count = 2;
    host_id host;
    assert_int_equal(host_create(lab->sim, &config, &host), SIM_OK);
    assert_int_equal(host, number);
    return host;
}

link_id net_lab_join(struct net_lab *lab, host_id a, host_id b, const struct link_params *params)
{
    link_id link;
    assert_int_equal(link_create(lab->sim, a, b, params, params, &link), SIM_OK);
    return link;
}

struct net_lab *net_lab_pair(const struct sim_config *config, const struct link_params *forward)
{
    struct net_lab *lab = net_lab_create(config);
    host_id a = net_lab_node(lab, NODE_ROUTER);
    host_id b = net_lab_node(lab, NODE_ROUTER);
    link_id link;
    assert_int_equal(link_create(lab->sim, a, b, forward, NULL, &link), SIM_OK);
    return lab;
}

/* ---- sending -------------------------------------------------------------------------------- */

enum sim_status net_lab_send(struct net_lab *lab, host_id from, host_id to, uint32_t seq,
                             uint32_t size)
{
    static const uint8_t zeros[65535];
    struct packet p = {
        .version = lab->version,
        .protocol = IP_TCP,
        .hop_limit = 64,
        .source = net_lab_address(lab->version, from),
        .destination = net_lab_address(lab->version, to),
        .tcp = { .source_port = 1000, .destination_port = 80, .seq = seq, .flags = lab->flags },
    };
    uint32_t headers = packet_size_bytes(&p);
    assert_true(size >= headers);
    return host_inject(lab->sim, from, &p, zeros, size - headers);
}

static void send_now(struct sim *sim, void *context, uint64_t argument)
{
    (void)sim;
    struct net_lab *lab = context;
    assert_int_equal(net_lab_send(lab, 1, 2, (uint32_t)argument, (uint32_t)(argument >> 32)),
                     SIM_OK);
}

void net_lab_send_at(struct net_lab *lab, sim_time_t when, uint32_t seq, uint32_t size)
{
    assert_int_not_equal(sim_call_at(lab->sim, when, send_now, lab, (uint64_t)size << 32 | seq), 0);
}

void net_lab_run(struct net_lab *lab)
{
    assert_int_equal(sim_run(lab->sim, NULL), SIM_OK);
}

/* ---- asking --------------------------------------------------------------------------------- */

static bool is_arrival(const struct net_lab_fact *fact)
{
    struct ip_addr own = net_lab_address(fact->packet.version, fact->host);
    return fact->fate == FATE_NO_HOST && ip_addr_equal(&own, &fact->packet.destination);
}

const struct net_lab_fact *net_lab_hop(const struct net_lab *lab, size_t n)
{
    for (size_t i = 0; i < lab->fact_count; i++) {
        if (!is_arrival(&lab->facts[i]) && n-- == 0) {
            return &lab->facts[i];
        }
    }
    fail_msg("no such hop");
    return NULL;
}

size_t net_lab_hops(const struct net_lab *lab)
{
    return lab->fact_count - net_lab_arrivals(lab);
}

const struct net_lab_fact *net_lab_arrival(const struct net_lab *lab, size_t n)
{
    for (size_t i = 0; i < lab->fact_count; i++) {
        if (is_arrival(&lab->facts[i]) && n-- == 0) {
            return &lab->facts[i];
        }
    }
    fail_msg("no such arrival");
    return NULL;
}

size_t net_lab_arrivals(const struct net_lab *lab)
{
    size_t count = 0;
    for (size_t i = 0; i < lab->fact_count; i++) {
        count += is_arrival(&lab->facts[i]);
    }
    return count;
}

size_t net_lab_count_fate(const struct net_lab *lab, enum packet_fate fate)
{
    size_t count = 0;
    for (size_t i = 0; i < lab->fact_count; i++) {
        count += lab->facts[i].fate == fate;
    }
    return count;
}

static uint64_t fold(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (digest >> 29);
}

void net_lab_expect_arrival(const struct net_lab *lab, size_t n, uint32_t seq, sim_time_t when)
{
    const struct net_lab_fact *fact = net_lab_arrival(lab, n);
    assert_int_equal(fact->packet.tcp.seq, seq);
    assert_int_equal(fact->time, when);
}

void net_lab_expect_hop(const struct net_lab *lab, size_t n, uint32_t seq, enum packet_fate fate)
{
    const struct net_lab_fact *fact = net_lab_hop(lab, n);
    assert_int_equal(fact->packet.tcp.seq, seq);
    assert_int_equal(fact->fate, fate);
}

uint64_t net_lab_digest(const struct net_lab *lab)
{
    uint64_t digest = 1;
    for (size_t i = 0; i < lab->fact_count; i++) {
        const struct net_lab_fact *f = &lab->facts[i];
        digest = fold(digest, (uint64_t)f->time);
        digest = fold(digest, (uint64_t)f->arrives_at);
        digest = fold(digest, f->packet.id);
        digest = fold(digest, f->packet.copy_of);
        digest = fold(digest, f->packet.tcp.seq);
        digest = fold(digest, (uint64_t)f->link << 32 | (uint64_t)f->direction << 16 | f->fate);
        digest = fold(digest, f->packet.corrupted);
    }
    return digest;
}
