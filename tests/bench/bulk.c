/* Bulk transfer: one connection, 1 Gbit/s, 10 ms each way, 200 MB of generated data (or the number
 * of bytes given as argument). Prints one line of key=value. */
#include "tcpsim/tcpsim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct transfer {
    uint64_t left;     /* bytes that the client has still to write */
    uint64_t received; /* bytes that the server has read */
};

static void read_all(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    (void)events;
    struct transfer *transfer = context;
    size_t received;
    enum sim_status status;
    while ((status = sock_receive(sim, conn, NULL, SIZE_MAX, &received)) == SIM_OK) {
        transfer->received += received;
    }
    if (status == SIM_EOF) {
        sock_close(sim, conn);
    }
}

static void accept_all(struct sim *sim, void *context, conn_id listener, unsigned events)
{
    (void)events;
    conn_id conn;
    while (sock_accept(sim, listener, &conn) == SIM_OK) {
        sock_set_ready(sim, conn, read_all, context);
    }
}

static void write_more(struct sim *sim, void *context, conn_id conn, unsigned events)
{
    (void)events;
    struct transfer *transfer = context;
    uint64_t accepted;
    while (transfer->left > 0) {
        if (sock_send_generated(sim, conn, transfer->left, &accepted) != SIM_OK) {
            return;
        }
        transfer->left -= accepted;
    }
    sock_close(sim, conn);
}

static void must(enum sim_status status)
{
    if (status != SIM_OK) {
        fprintf(stderr, "bulk: %s\n", sim_status_text(status));
        exit(1);
    }
}

static host_id add_host(struct sim *sim, const char *name)
{
    const struct host_config config = { .name = name, .tcp = tcp_params_default() };
    host_id host;
    must(host_create(sim, &config, &host));
    return host;
}

static struct sim *build(struct transfer *transfer)
{
    struct sim *sim = sim_create(NULL);
    host_id client = add_host(sim, "client");
    host_id server = add_host(sim, "server");
    const struct link_params wire = { .rate_bps = 1000000000, .delay = 10 * SIM_MILLISECOND };
    link_id link;
    must(link_create(sim, client, server, &wire, &wire, &link));
    const struct listen_config listen = { .port = 80 };
    conn_id listener, conn;
    must(sock_listen(sim, server, &listen, &listener));
    must(sock_set_ready(sim, listener, accept_all, transfer));
    const struct connect_config to = { .destination = *host_address(sim, server, 0), .port = 80 };
    must(sock_connect(sim, client, &to, &conn));
    must(sock_set_ready(sim, conn, write_more, transfer));
    return sim;
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

int main(int argc, char **argv)
{
    struct transfer transfer = { .left = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000000 };
    uint64_t size = transfer.left;
    struct sim *sim = build(&transfer);
    double before = cpu_seconds();
    must(sim_run(sim, NULL));
    double cpu = cpu_seconds() - before;
    const struct host_stats *client = host_get_stats(sim, 1);
    const struct host_stats *server = host_get_stats(sim, 2);
    uint64_t segments = client->segments_sent + server->segments_sent;
    printf("workload=bulk bytes=%" PRIu64 " delivered=%" PRIu64 " cpu_s=%.3f events=%" PRIu64
           " segments=%" PRIu64 " segments_per_s=%.0f ns_per_segment=%.0f\n",
           size, transfer.received, cpu, sim_event_count(sim), segments, (double)segments / cpu,
           cpu * 1e9 / (double)client->data_segments_sent);
    sim_destroy(sim);
    return transfer.received == size ? 0 : 1;
}
