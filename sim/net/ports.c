/* Ephemeral ports (RFC 6056). */
#include "sim/net/conn.h"

/* RFC 6335 section 6. */
enum { EPHEMERAL_FIRST = 49152, EPHEMERAL_LAST = 65535 };

uint16_t port_range_first(const struct host_config *config)
{
    return config->ephemeral_first != 0 ? config->ephemeral_first : EPHEMERAL_FIRST;
}

uint16_t port_range_last(const struct host_config *config)
{
    return config->ephemeral_last != 0 ? config->ephemeral_last : EPHEMERAL_LAST;
}

uint16_t port_pick(struct sim *sim, struct net *net, struct stack *stack, struct tcp_tuple tuple)
{
    uint32_t range = (uint32_t)stack->ephemeral_last - stack->ephemeral_first + 1;
    uint32_t offset = tcp_port_offset(stack_secret(sim, stack), &tuple);
    for (uint32_t tries = 0; tries < range; tries++) {
        uint32_t place = (stack->next_ephemeral++ + offset) % range;
        tuple.local_port = (uint16_t)(stack->ephemeral_first + place);
        if (demux_find(net, stack, &tuple) == 0) {
            return tuple.local_port;
        }
    }
    return 0;
}
