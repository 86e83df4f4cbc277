/* Facts as JSON lines. The order of members is part of the format. */
#include "sim/observe/jsonl.h"

#include "sim/observe/json.h"
#include "sim/observe/names.h"

#include <stdlib.h>

struct jsonl {
    FILE *out;
    uint64_t fact_count;
};

struct jsonl *jsonl_create(FILE *out)
{
    struct jsonl *jsonl = calloc(1, sizeof *jsonl);
    if (jsonl != NULL) {
        jsonl->out = out;
    }
    return jsonl;
}

void jsonl_destroy(struct jsonl *jsonl)
{
    free(jsonl);
}

enum sim_status jsonl_attach(struct jsonl *jsonl, struct sim *sim)
{
    struct json json = json_open(jsonl->out, false);
    json_begin_object(&json);
    json_member_string(&json, "schema", "tcpsim/1");
    json_member_string(&json, "kind", "trace");
    json_member_uint(&json, "seed", sim_seed(sim));
    json_end_object(&json);
    (void)fputc('\n', jsonl->out);
    return sim_observe(sim, jsonl_observe, jsonl);
}

bool jsonl_finish(struct jsonl *jsonl)
{
    struct json json = json_open(jsonl->out, false);
    json_begin_object(&json);
    json_member_string(&json, "kind", "end");
    json_member_uint(&json, "facts", jsonl->fact_count);
    json_end_object(&json);
    (void)fputc('\n', jsonl->out);
    return fflush(jsonl->out) == 0 && !ferror(jsonl->out);
}

/* ---- members -------------------------------------------------------------------------------- */

static void put_mark(struct json *json, const char *key, bool value)
{
    if (value) {
        json_member_bool(json, key, true);
    }
}

static void put_text(struct json *json, const char *key, const char *text)
{
    if (text != NULL) {
        json_member_string(json, key, text);
    }
}

static void put_address(struct json *json, const char *key, const struct ip_addr *addr)
{
    char text[IP_ADDR_TEXT_MAX];
    json_member_string(json, key, ip_addr_format(addr, text));
}

static void put_payload(struct json *json, struct payload payload)
{
    if (payload.length > 0) {
        json_key(json, "payload");
        json_begin_object(json);
        json_member_uint(json, "stream", payload.stream);
        json_member_uint(json, "offset", payload.offset);
        json_member_uint(json, "length", payload.length);
        json_end_object(json);
    }
}

static void put_segment(struct json *json, const struct segment *s)
{
    char flags[TCP_FLAGS_TEXT_MAX];
    char options[TCP_OPTIONS_TEXT_MAX];
    json_member_uint(json, "source_port", s->source_port);
    json_member_uint(json, "destination_port", s->destination_port);
    json_member_string(json, "flags", tcp_flags_format(s->flags, flags));
    json_member_uint(json, "seq", s->seq);
    json_member_uint(json, "ack", s->ack);
    json_member_uint(json, "window", s->window);
    if (s->flags & TCP_URG) {
        json_member_uint(json, "urgent", s->urgent);
    }
    if (s->options_length > 0) {
        (void)tcp_options_format(s, options, sizeof options);
        json_member_string(json, "options", options);
    }
    put_payload(json, s->payload);
}

static void put_packet(struct json *json, const struct packet *p)
{
    json_key(json, "packet");
    json_begin_object(json);
    json_member_uint(json, "id", p->id);
    if (p->copy_of != 0) {
        json_member_uint(json, "copy_of", p->copy_of);
    }
    put_address(json, "source", &p->source);
    put_address(json, "destination", &p->destination);
    json_member_uint(json, "hop_limit", p->hop_limit);
    json_member_uint(json, "size_bytes", packet_size_bytes(p));
    put_mark(json, "injected", p->injected);
    put_mark(json, "corrupted", p->corrupted);
    put_segment(json, &p->tcp);
    json_end_object(json);
}

static void put_rules(struct json *json, const struct sim_fact *fact)
{
    if (fact->rule_count == 0) {
        return;
    }
    json_key(json, "rules");
    json_begin_array(json);
    for (uint8_t i = 0; i < fact->rule_count; i++) {
        json_string(json, rule_get(fact->rules[i])->name);
    }
    json_end_array(json);
}

static void put_states(struct json *json, const struct sim_fact *fact)
{
    json_member_string(json, "from", tcp_state_name(fact->from));
    json_member_string(json, "to", tcp_state_name(fact->to));
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_link(struct json *json, const struct sim_fact *fact)
{
    json_member_uint(json, "link", fact->link);
    json_member_uint(json, "direction", fact->direction);
    json_member_string(json, "fate", packet_fate_name(fact->fate));
    json_member_int(json, "departs_ns", fact->departs_at);
    json_member_int(json, "arrives_ns", fact->arrives_at);
    put_mark(json, "reordered", fact->reordered);
    put_text(json, "label", fact->text);
    put_packet(json, fact->packet);
}

static void put_app(struct json *json, const struct sim_fact *fact)
{
    json_member_string(json, "event", app_event_name(fact->app));
    if (fact->bytes > 0) {
        json_member_uint(json, "bytes", fact->bytes);
    }
    put_payload(json, fact->payload);
    if (fact->status != SIM_OK) {
        json_member_string(json, "status", sim_status_name(fact->status));
    }
}

static void put_verdict(struct json *json, const struct sim_fact *fact)
{
    json_member_bool(json, "passed", fact->passed);
    put_text(json, "text", fact->text);
    put_text(json, "detail", fact->detail);
    put_text(json, "file", fact->file);
    if (fact->file != NULL) {
        json_member_int(json, "line", fact->line);
    }
}

static void put_fact(struct json *json, const struct sim_fact *fact)
{
    switch (fact->kind) {
    case FACT_SENT:
    case FACT_ARRIVED:
        put_packet(json, fact->packet);
        put_states(json, fact);
        put_rules(json, fact);
        break;
    case FACT_LINK:
        put_link(json, fact);
        break;
    case FACT_STATE:
        put_states(json, fact);
        put_rules(json, fact);
        break;
    case FACT_TIMEOUT:
        put_text(json, "timer", fact->text);
        put_rules(json, fact);
        break;
    case FACT_APP:
        put_app(json, fact);
        break;
    case FACT_NOTE:
        put_text(json, "text", fact->text);
        break;
    case FACT_VERDICT:
        put_verdict(json, fact);
        break;
    case FACT_KIND_COUNT:
        break;
    }
}

void jsonl_observe(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct jsonl *jsonl = context;
    struct json json = json_open(jsonl->out, false);
    jsonl->fact_count++;
    json_begin_object(&json);
    json_member_int(&json, "t_ns", fact->time);
    json_member_string(&json, "kind", fact_kind_name(fact->kind));
    if (fact->host != HOST_NONE) {
        json_member_string(&json, "host", host_name(sim, fact->host));
    }
    if (fact->conn != 0) {
        json_member_uint(&json, "conn", fact->conn);
    }
    put_fact(&json, fact);
    json_end_object(&json);
    (void)fputc('\n', jsonl->out);
}
