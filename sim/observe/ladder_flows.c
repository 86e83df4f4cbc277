/* A hash table of flows: open addressing, linear probing, never more than half full.
 *
 * A SYN with another ISN begins a new incarnation (RFC 9293 3.4.1), so that a later connection of
 * the same ports is not mistaken for a retransmission of an earlier one. */
#include "sim/observe/ladder_flows.h"

#include "sim/base/seq.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ byte[i]) * 0x100000001b3U; /* FNV-1a */
    }
    return hash;
}

static size_t home_of(const struct flow *flow, size_t capacity)
{
    uint64_t hash = 0xcbf29ce484222325U;
    hash = mix_bytes(hash, &flow->host, sizeof flow->host);
    hash = mix_bytes(hash, flow->source.bytes, sizeof flow->source.bytes);
    hash = mix_bytes(hash, flow->destination.bytes, sizeof flow->destination.bytes);
    hash = mix_bytes(hash, &flow->source_port, sizeof flow->source_port);
    hash = mix_bytes(hash, &flow->destination_port, sizeof flow->destination_port);
    return (size_t)(hash ^ hash >> 32) & (capacity - 1);
}

static bool is_same_flow(const struct flow *a, const struct flow *b)
{
    return a->host == b->host && a->source_port == b->source_port &&
           a->destination_port == b->destination_port &&
           memcmp(a->source.bytes, b->source.bytes, sizeof a->source.bytes) == 0 &&
           memcmp(a->destination.bytes, b->destination.bytes, sizeof a->destination.bytes) == 0;
}

/* The slot that holds the flow, or the free one where it belongs. */
static struct flow *find_slot(struct flow *slots, size_t capacity, const struct flow *wanted)
{
    size_t i = home_of(wanted, capacity);
    while (slots[i].host != HOST_NONE && !is_same_flow(&slots[i], wanted)) {
        i = (i + 1) & (capacity - 1);
    }
    return &slots[i];
}

static bool double_table(struct flows *flows)
{
    size_t capacity = flows->capacity == 0 ? 64 : flows->capacity * 2;
    struct flow *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL) {
        flows->failed = true;
        return false;
    }
    for (size_t i = 0; i < flows->capacity; i++) {
        if (flows->slots[i].host != HOST_NONE) {
            *find_slot(slots, capacity, &flows->slots[i]) = flows->slots[i];
        }
    }
    free(flows->slots);
    flows->slots = slots;
    flows->capacity = capacity;
    return true;
}

bool flows_sent_again(struct flows *flows, host_id host, const struct packet *packet)
{
    const struct segment *s = &packet->tcp;
    uint32_t length = segment_length(s);
    if (length == 0 || host == HOST_NONE || packet->injected) {
        return false; /* a bare ACK or RST may well be sent twice; a script does as it likes */
    }
    if (flows->count >= flows->capacity / 2 && !double_table(flows)) {
        return false;
    }
    struct flow wanted = { .host = host,
                           .source = packet->source,
                           .destination = packet->destination,
                           .source_port = s->source_port,
                           .destination_port = s->destination_port };
    struct flow *flow = find_slot(flows->slots, flows->capacity, &wanted);
    bool is_new = flow->host == HOST_NONE;
    bool new_incarnation = (s->flags & TCP_SYN) && !(flow->has_iss && flow->iss == s->seq);
    if (is_new || new_incarnation) {
        flows->count += is_new;
        wanted.iss = s->seq;
        wanted.has_iss = (s->flags & TCP_SYN) != 0;
        wanted.syn_had_ack = (s->flags & TCP_ACK) != 0;
        wanted.next = s->seq + length;
        *flow = wanted;
        return false;
    }
    bool again = seq_lt(s->seq, flow->next);
    if ((s->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && !flow->syn_had_ack) {
        flow->syn_had_ack = true; /* a simultaneous open: the SYN comes again with something new */
        return false;
    }
    if (seq_lt(flow->next, s->seq + length)) {
        flow->next = s->seq + length;
    }
    return again;
}

void flows_free(struct flows *flows)
{
    free(flows->slots);
    *flows = (struct flows){ 0 };
}
