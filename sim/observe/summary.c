/* The summary of a run as one JSON document. */
#include "sim/observe/summary.h"

#include "sim/observe/counters.h"
#include "sim/observe/json.h"
#include "sim/observe/verdicts.h"

#include <inttypes.h>
#include <stdlib.h>

struct summary {
    struct verdicts verdicts;
};

struct summary *summary_create(void)
{
    return calloc(1, sizeof(struct summary));
}

void summary_destroy(struct summary *summary)
{
    if (summary != NULL) {
        verdicts_free(&summary->verdicts);
        free(summary);
    }
}

enum sim_status summary_attach(struct summary *summary, struct sim *sim)
{
    return sim_observe(sim, summary_observe, summary);
}

void summary_observe(void *context, const struct sim *sim, const struct sim_fact *fact)
{
    struct summary *summary = context;
    (void)sim;
    verdicts_add(&summary->verdicts, fact);
}

/* ---- parts ---------------------------------------------------------------------------------- */

static void put_verdicts(struct json *json, const struct verdicts *verdicts)
{
    json_key(json, "verdicts");
    json_begin_array(json);
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->items[i];
        json_begin_object(json);
        json_member_bool(json, "passed", verdict->passed);
        json_member_string(json, "text", verdict->label);
        json_member_string(json, "detail", verdict->detail);
        json_member_string(json, "file", verdict->file);
        json_member_int(json, "line", verdict->line);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_measures(struct json *json, const struct summary_run *run)
{
    json_key(json, "measures");
    json_begin_array(json);
    for (size_t i = 0; i < run->measure_count; i++) {
        json_begin_object(json);
        json_member_string(json, "name", run->measures[i].name);
        json_member_string(json, "text", run->measures[i].text);
        json_end_object(json);
    }
    json_end_array(json);
}

static const char *node_kind_name(enum node_kind kind)
{
    switch (kind) {
    case NODE_HOST:
        return "host";
    case NODE_SWITCH:
        return "switch";
    case NODE_ROUTER:
        return "router";
    }
    return "host";
}

static void put_host(struct json *json, const struct sim *sim, host_id host)
{
    const struct host_stats *stats = host_get_stats(sim, host);
    json_begin_object(json);
    json_member_string(json, "name", host_name(sim, host));
    json_member_string(json, "kind", node_kind_name(host_kind(sim, host)));
    json_key(json, "addresses");
    json_begin_array(json);
    for (uint32_t i = 0; i < host_address_count(sim, host); i++) {
        char text[IP_ADDR_TEXT_MAX];
        json_string(json, ip_addr_format(host_address(sim, host, i), text));
    }
    json_end_array(json);
    json_key(json, "stats");
    json_begin_object(json);
#define PUT(name, words) json_member_uint(json, #name, stats->name);
    HOST_COUNTERS_TCP(PUT)
    HOST_COUNTERS_EXTENDED(PUT)
#undef PUT
    json_end_object(json);
    json_end_object(json);
}

static void put_direction(struct json *json, const struct sim *sim, link_id link, uint8_t direction)
{
    struct link_stats stats = link_get_stats(sim, link, direction);
    json_begin_object(json);
#define PUT(name) json_member_uint(json, #name, stats.name);
    LINK_COUNTERS(PUT)
#undef PUT
    json_end_object(json);
}

static void put_link(struct json *json, const struct sim *sim, link_id link)
{
    host_id a = HOST_NONE;
    host_id b = HOST_NONE;
    link_ends(sim, link, &a, &b);
    json_begin_object(json);
    json_member_string(json, "a", host_name(sim, a));
    json_member_string(json, "b", host_name(sim, b));
    json_key(json, "forward");
    put_direction(json, sim, link, 0);
    json_key(json, "backward");
    put_direction(json, sim, link, 1);
    json_end_object(json);
}

static void put_run(struct json *json, const struct sim *sim, const struct summary_run *run)
{
    json_member_string(json, "schema", "tcpsim/1");
    json_member_string(json, "kind", "summary");
    json_member_string(json, "scenario", run->scenario);
    json_member_uint(json, "seed", sim_seed(sim));
    json_member_string(json, "outcome", run->outcome);
    json_member_string(json, "error", run->error);
    json_member_string(json, "status", run->has_status ? sim_status_name(run->status) : NULL);
    json_member_int(json, "end_ns", sim_now(sim));
    json_member_uint(json, "events", sim_event_count(sim));
    if (run->has_digest) {
        char hex[17]; /* a string: 64 bits do not survive a JavaScript number */
        (void)snprintf(hex, sizeof hex, "%016" PRIx64, run->digest);
        json_member_string(json, "digest", hex);
    }
}

bool summary_print(const struct summary *summary, const struct sim *sim,
                   const struct summary_run *run, FILE *out)
{
    struct json json = json_open(out, true);
    json_begin_object(&json);
    put_run(&json, sim, run);
    put_verdicts(&json, &summary->verdicts);
    put_measures(&json, run);
    json_key(&json, "hosts");
    json_begin_array(&json);
    for (host_id host = 1; host <= host_count(sim); host++) {
        put_host(&json, sim, host);
    }
    json_end_array(&json);
    json_key(&json, "links");
    json_begin_array(&json);
    for (link_id link = 1; link <= link_count(sim); link++) {
        put_link(&json, sim, link);
    }
    json_end_array(&json);
    json_end_object(&json);
    (void)fputc('\n', out);
    return !summary->verdicts.failed && !ferror(out);
}
