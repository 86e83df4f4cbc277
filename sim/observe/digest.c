/* The digest: SipHash-2-4 over every fact's canonical form.
 *
 * Each kind of fact names its fields in one function; what a kind does not define is not hashed,
 * because nobody promises its value. */
#include "sim/observe/digest.h"

#include "sim/base/siphash.h"
#include "sim/observe/names.h"

#include <stdlib.h>
#include <string.h>

struct digest {
    struct siphash hash;
    uint64_t fact_count;
};

struct digest *digest_create(void)
{
    static const uint8_t key[16] = { 't', 'c', 'p', 's', 'i', 'm', ' ', 'd',
                                     'i', 'g', 'e', 's', 't', ' ', '/', '1' };
    struct digest *digest = calloc(1, sizeof *digest);
    if (digest != NULL) {
        siphash_init(&digest->hash, key);
    }
    return digest;
}

void digest_destroy(struct digest *digest)
{
    free(digest);
}

enum sim_status digest_attach(struct digest *digest, struct sim *sim)
{
    return sim_observe(sim, digest_observe, digest);
}

uint64_t digest_value(const struct digest *digest)
{
    struct siphash so_far = digest->hash; /* siphash_final() ends the one that it is given */
    return siphash_final(&so_far);
}

uint64_t digest_fact_count(const struct digest *digest)
{
    return digest->fact_count;
}

/* ---- primitives ----------------------------------------------------------------------------- */

static void put_uint(struct siphash *hash, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
    siphash_update(hash, bytes, size);
}

static void put_u8(struct siphash *hash, unsigned value)
{
    put_uint(hash, value, 1);
}

static void put_u16(struct siphash *hash, uint16_t value)
{
    put_uint(hash, value, 2);
}

static void put_u32(struct siphash *hash, uint32_t value)
{
    put_uint(hash, value, 4);
}

static void put_u64(struct siphash *hash, uint64_t value)
{
    put_uint(hash, value, 8);
}

/* Length first, so that "ab","c" and "a","bc" differ; NULL differs from "". */
static void put_string(struct siphash *hash, const char *string)
{
    if (string == NULL) {
        put_u32(hash, UINT32_MAX);
        return;
    }
    put_u32(hash, (uint32_t)strlen(string));
    siphash_update(hash, string, strlen(string));
}

/* ---- packets -------------------------------------------------------------------------------- */

static void put_payload(struct siphash *hash, struct payload payload)
{
    put_u32(hash, payload.stream);
    put_u64(hash, payload.offset);
    put_u32(hash, payload.length);
}

static void put_segment(struct siphash *hash, const struct segment *s)
{
    put_u16(hash, s->source_port);
    put_u16(hash, s->destination_port);
    put_u32(hash, s->seq);
    put_u32(hash, s->ack);
    put_u16(hash, s->flags);
    put_u16(hash, s->window);
    put_u16(hash, s->urgent);
    put_u8(hash, s->options_length);
    siphash_update(hash, s->options, s->options_length);
    put_payload(hash, s->payload);
}

static void put_packet(struct siphash *hash, const struct packet *p)
{
    put_u64(hash, p->id);
    put_u64(hash, p->copy_of);
    siphash_update(hash, p->source.bytes, sizeof p->source.bytes);
    siphash_update(hash, p->destination.bytes, sizeof p->destination.bytes);
    put_u32(hash, p->flow_label);
    put_u16(hash, p->identification);
    put_u8(hash, p->version);
    put_u8(hash, p->traffic_class);
    put_u8(hash, p->hop_limit);
    put_u8(hash, p->protocol);
    put_u8(hash, p->dont_fragment);
    put_u8(hash, p->injected);
    put_u8(hash, p->corrupted);
    put_segment(hash, &p->tcp);
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_rules(struct siphash *hash, const struct sim_fact *fact)
{
    put_u8(hash, fact->rule_count);
    for (uint8_t i = 0; i < fact->rule_count; i++) {
        put_string(hash, rule_get(fact->rules[i])->name);
    }
}

static void put_states(struct siphash *hash, const struct sim_fact *fact)
{
    put_u8(hash, fact->from);
    put_u8(hash, fact->to);
}

static void put_link(struct siphash *hash, const struct sim_fact *fact)
{
    put_packet(hash, fact->packet);
    put_u32(hash, fact->link);
    put_u8(hash, fact->direction);
    put_u8(hash, fact->fate);
    put_u64(hash, (uint64_t)fact->departs_at);
    put_u64(hash, (uint64_t)fact->arrives_at);
    put_u8(hash, fact->reordered);
    put_string(hash, fact->text);
}

static void put_app(struct siphash *hash, const struct sim_fact *fact)
{
    put_u8(hash, fact->app);
    put_u64(hash, fact->bytes);
    put_payload(hash, fact->payload);
    put_u8(hash, fact->status);
}

static void put_verdict(struct siphash *hash, const struct sim_fact *fact)
{
    const char *slash = fact->file == NULL ? NULL : strrchr(fact->file, '/');
    put_u8(hash, fact->passed);
    put_string(hash, fact->text);
    put_string(hash, fact->detail);
    put_string(hash, slash == NULL ? fact->file : slash + 1);
    put_u32(hash, (uint32_t)fact->line);
}

void digest_observe(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct digest *digest = context;
    struct siphash *hash = &digest->hash;
    digest->fact_count++;
    put_u8(hash, fact->kind);
    put_u64(hash, (uint64_t)fact->time);
    put_string(hash, host_name(sim, fact->host));
    put_u64(hash, fact->conn);
    switch (fact->kind) {
    case FACT_SENT:
    case FACT_ARRIVED:
        put_packet(hash, fact->packet);
        put_states(hash, fact);
        put_rules(hash, fact);
        break;
    case FACT_LINK:
        put_link(hash, fact);
        break;
    case FACT_STATE:
        put_states(hash, fact);
        put_rules(hash, fact);
        break;
    case FACT_TIMEOUT:
        put_string(hash, fact->text);
        put_rules(hash, fact);
        break;
    case FACT_APP:
        put_app(hash, fact);
        break;
    case FACT_NOTE:
        put_string(hash, fact->text);
        break;
    case FACT_VERDICT:
        put_verdict(hash, fact);
        break;
    case FACT_KIND_COUNT:
        break;
    }
}
