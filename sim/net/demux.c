/* Demultiplexing: which connection or half-open record a segment is for.
 *
 * A hash table with chains through the entries. The hash is keyed, so that a flood cannot choose
 * tuples that collide. */
#include "sim/net/conn.h"

#include "sim/base/common.h"
#include "sim/base/panic.h"

#include <string.h>

enum { FIRST_BUCKETS = 16 };

struct demux_entry *demux_entry_of(const struct net *net, uint32_t ref)
{
    return ref_is_request(ref) ? &request_at(net, ref_index(ref))->entry
                               : &conn_at(net, ref_index(ref))->entry;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    a ^= b;
    a *= UINT64_C(0x9e3779b97f4a7c15);
    return a ^ a >> 32;
}

static uint64_t tuple_hash(const struct demux *demux, const struct tcp_tuple *tuple)
{
    uint64_t ports = (uint64_t)tuple->local_port << 16 | tuple->remote_port;
    uint64_t h = fold(demux->key[0], load_le64(tuple->remote.bytes));
    h = fold(h, load_le64(tuple->remote.bytes + 8));
    h = fold(h, load_le64(tuple->local.bytes + 8));
    return fold(h ^ demux->key[1], ports);
}

static bool same_tuple(const struct tcp_tuple *a, const struct tcp_tuple *b)
{
    return a->local_port == b->local_port && a->remote_port == b->remote_port &&
           ip_addr_equal(&a->remote, &b->remote) && ip_addr_equal(&a->local, &b->local);
}

uint32_t demux_find(const struct net *net, const struct stack *stack, const struct tcp_tuple *tuple)
{
    const struct demux *demux = &stack->demux;
    if (demux->bucket_count == 0) {
        return 0;
    }
    uint64_t hash = tuple_hash(demux, tuple);
    uint32_t ref = demux->buckets[hash & (demux->bucket_count - 1)];
    while (ref != 0) {
        const struct demux_entry *entry = demux_entry_of(net, ref);
        if (entry->hash == hash && same_tuple(&entry->tuple, tuple)) {
            return ref;
        }
        ref = entry->chain;
    }
    return 0;
}

static void chain_into(const struct net *net, struct demux *demux, uint32_t ref)
{
    struct demux_entry *entry = demux_entry_of(net, ref);
    uint32_t *bucket = &demux->buckets[entry->hash & (demux->bucket_count - 1)];
    entry->chain = *bucket;
    *bucket = ref;
}

/* Double the table, and enter everything again in the order of the host's list. */
static bool grow(struct sim *sim, struct net *net, struct stack *stack)
{
    struct demux *demux = &stack->demux;
    uint32_t count = demux->bucket_count == 0 ? FIRST_BUCKETS : demux->bucket_count * 2;
    uint32_t *buckets = arena_allocate(&sim->arena, count * sizeof *buckets);
    if (buckets == NULL) {
        return false;
    }
    memset(buckets, 0, count * sizeof *buckets);
    arena_release(&sim->arena, demux->buckets, demux->bucket_count * sizeof *buckets);
    demux->buckets = buckets;
    demux->bucket_count = count;
    for (uint32_t ref = stack->oldest; ref != 0; ref = demux_entry_of(net, ref)->newer) {
        chain_into(net, demux, ref);
    }
    return true;
}

bool demux_insert(struct sim *sim, struct net *net, struct stack *stack, uint32_t ref)
{
    struct demux *demux = &stack->demux;
    if (demux->used == demux->bucket_count && !grow(sim, net, stack)) {
        sim_out_of_memory(sim);
        return false;
    }
    struct demux_entry *entry = demux_entry_of(net, ref);
    entry->hash = tuple_hash(demux, &entry->tuple);
    chain_into(net, demux, ref);
    demux->used++;
    entry->older = stack->newest;
    entry->newer = 0;
    if (stack->newest != 0) {
        demux_entry_of(net, stack->newest)->newer = ref;
    } else {
        stack->oldest = ref;
    }
    stack->newest = ref;
    return true;
}

void demux_remove(struct net *net, struct stack *stack, uint32_t ref)
{
    struct demux *demux = &stack->demux;
    struct demux_entry *entry = demux_entry_of(net, ref);
    uint32_t *link = &demux->buckets[entry->hash & (demux->bucket_count - 1)];
    while (*link != ref) {
        SIM_ASSERT(*link != 0);
        link = &demux_entry_of(net, *link)->chain;
    }
    *link = entry->chain;
    demux->used--;
    if (entry->older != 0) {
        demux_entry_of(net, entry->older)->newer = entry->newer;
    } else {
        stack->oldest = entry->newer;
    }
    if (entry->newer != 0) {
        demux_entry_of(net, entry->newer)->older = entry->older;
    } else {
        stack->newest = entry->older;
    }
}
