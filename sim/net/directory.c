#include "sim/net/directory.h"

#include <string.h>

enum {
    WHAT_NAME = HOST_ADDRESSES_MAX, /* below it: the index of an address */
    FIRST_CAPACITY = 64,            /* a power of two, as all capacities */
    ENTRIES_PER_NODE = HOST_ADDRESSES_MAX + 1,
};

struct directory_slot {
    host_id host; /* HOST_NONE: the slot is free */
    uint32_t what;
};

/* The finalizer of MurmurHash3: every bit of the key changes half of the hash. */
static uint32_t mix(uint64_t key)
{
    key = (key ^ (key >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    key = (key ^ (key >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)(key ^ (key >> 33));
}

static uint32_t hash_address(const struct ip_addr *addr)
{
    uint64_t halves[2];
    memcpy(halves, addr->bytes, sizeof halves);
    return mix(halves[0] * UINT64_C(0x9e3779b97f4a7c15) + halves[1]);
}

/* FNV-1a, then mixed: names often differ in their last character only. */
static uint32_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    }
    return mix(hash);
}

static uint32_t hash_entry(const struct net *net, struct directory_slot entry)
{
    const struct node *node = node_at(net, entry.host);
    return entry.what == WHAT_NAME ? hash_name(node->name)
                                   : hash_address(&node->addresses[entry.what]);
}

static void insert(struct net *net, struct directory_slot entry)
{
    struct directory *d = &net->directory;
    uint32_t at = hash_entry(net, entry) & (d->capacity - 1);
    while (d->slots[at].host != HOST_NONE) {
        at = (at + 1) & (d->capacity - 1);
    }
    d->slots[at] = entry;
    d->count++;
}

bool directory_reserve(struct sim *sim, struct net *net)
{
    struct directory *d = &net->directory;
    uint32_t needed = 2 * (d->count + ENTRIES_PER_NODE);
    if (needed <= d->capacity) {
        return true;
    }
    struct directory old = *d;
    uint32_t capacity = old.capacity == 0 ? FIRST_CAPACITY : 2 * old.capacity;
    struct directory_slot *slots = arena_allocate(&sim->arena, capacity * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0, capacity * sizeof *slots);
    *d = (struct directory){ .slots = slots, .capacity = capacity };
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].host != HOST_NONE) {
            insert(net, old.slots[i]);
        }
    }
    arena_release(&sim->arena, old.slots, old.capacity * sizeof *slots);
    SIM_ASSERT(needed <= d->capacity);
    return true;
}

void directory_add_node(struct net *net, host_id host)
{
    const struct node *node = node_at(net, host);
    insert(net, (struct directory_slot){ host, WHAT_NAME });
    for (uint32_t i = 0; i < node->address_count; i++) {
        insert(net, (struct directory_slot){ host, i });
    }
    SIM_ASSERT(2 * net->directory.count <= net->directory.capacity);
}

host_id directory_find_name(const struct net *net, const char *name)
{
    const struct directory *d = &net->directory;
    if (d->count == 0) {
        return HOST_NONE;
    }
    uint32_t at = hash_name(name) & (d->capacity - 1);
    for (; d->slots[at].host != HOST_NONE; at = (at + 1) & (d->capacity - 1)) {
        const struct directory_slot *slot = &d->slots[at];
        if (slot->what == WHAT_NAME && strcmp(node_at(net, slot->host)->name, name) == 0) {
            return slot->host;
        }
    }
    return HOST_NONE;
}

host_id directory_find_address(const struct net *net, const struct ip_addr *addr)
{
    const struct directory *d = &net->directory;
    if (d->count == 0) {
        return HOST_NONE;
    }
    uint32_t at = hash_address(addr) & (d->capacity - 1);
    for (; d->slots[at].host != HOST_NONE; at = (at + 1) & (d->capacity - 1)) {
        const struct directory_slot *slot = &d->slots[at];
        if (slot->what != WHAT_NAME &&
            ip_addr_equal(&node_at(net, slot->host)->addresses[slot->what], addr)) {
            return slot->host;
        }
    }
    return HOST_NONE;
}
