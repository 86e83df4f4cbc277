#include "sim/tcp/isn.h"

#include "sim/base/siphash.h"

static void hash_port(struct siphash *h, uint16_t port)
{
    const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };
    siphash_update(h, bytes, sizeof bytes);
}

uint32_t tcp_isn(const uint8_t secret[16], const struct tcp_tuple *tuple, sim_time_t now)
{
    struct siphash h;
    siphash_init(&h, secret);
    siphash_update(&h, tuple->local.bytes, sizeof tuple->local.bytes);
    hash_port(&h, tuple->local_port);
    siphash_update(&h, tuple->remote.bytes, sizeof tuple->remote.bytes);
    hash_port(&h, tuple->remote_port);
    uint32_t clock = (uint32_t)((uint64_t)now / (uint64_t)(4 * SIM_MICROSECOND));
    return clock + (uint32_t)siphash_final(&h);
}

uint32_t tcp_port_offset(const uint8_t secret[16], const struct tcp_tuple *tuple)
{
    struct siphash h;
    siphash_init(&h, secret);
    siphash_update(&h, tuple->local.bytes, sizeof tuple->local.bytes);
    siphash_update(&h, tuple->remote.bytes, sizeof tuple->remote.bytes);
    hash_port(&h, tuple->remote_port);
    return (uint32_t)siphash_final(&h);
}
