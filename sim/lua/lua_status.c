/* What TCP says about its connections: the STATUS call as a table, states and sockets of a host. */
#include "sim/lua/lua_api.h"
#include "sim/lua/lua_args.h"
#include "sim/lua/lua_conn.h"
#include "sim/lua/lua_record.h"

static const struct record_field status_fields[] = {
    { "state", RECORD_STATE, offsetof(struct tcp_status, state) },
    { "local_addr", RECORD_ADDRESS, offsetof(struct tcp_status, local_addr) },
    { "remote_addr", RECORD_ADDRESS, offsetof(struct tcp_status, remote_addr) },
    { "local_port", RECORD_U16, offsetof(struct tcp_status, local_port) },
    { "remote_port", RECORD_U16, offsetof(struct tcp_status, remote_port) },
    { "iss", RECORD_U32, offsetof(struct tcp_status, iss) },
    { "irs", RECORD_U32, offsetof(struct tcp_status, irs) },
    { "snd_una", RECORD_U32, offsetof(struct tcp_status, snd_una) },
    { "snd_nxt", RECORD_U32, offsetof(struct tcp_status, snd_nxt) },
    { "snd_wnd", RECORD_U32, offsetof(struct tcp_status, snd_wnd) },
    { "rcv_nxt", RECORD_U32, offsetof(struct tcp_status, rcv_nxt) },
    { "rcv_wnd", RECORD_U32, offsetof(struct tcp_status, rcv_wnd) },
    { "mss", RECORD_U32, offsetof(struct tcp_status, mss) },
    { "cwnd_bytes", RECORD_U32, offsetof(struct tcp_status, cwnd_bytes) },
    { "ssthresh_bytes", RECORD_U32, offsetof(struct tcp_status, ssthresh_bytes) },
    { "bytes_sent", RECORD_U64, offsetof(struct tcp_status, bytes_sent) },
    { "bytes_acked", RECORD_U64, offsetof(struct tcp_status, bytes_acked) },
    { "bytes_received", RECORD_U64, offsetof(struct tcp_status, bytes_received) },
    { "send_queue_bytes", RECORD_U64, offsetof(struct tcp_status, send_queue_bytes) },
    { "receive_queue_bytes", RECORD_U64, offsetof(struct tcp_status, receive_queue_bytes) },
    { "srtt", RECORD_TIME, offsetof(struct tcp_status, srtt) },
    { "rttvar", RECORD_TIME, offsetof(struct tcp_status, rttvar) },
    { "rto", RECORD_TIME, offsetof(struct tcp_status, rto) },
    { "retransmits", RECORD_U32, offsetof(struct tcp_status, retransmits) },
    { "backoff", RECORD_U8, offsetof(struct tcp_status, backoff) },
    { "error", RECORD_STATUS, offsetof(struct tcp_status, error) },
    { "timer", RECORD_TEXT, offsetof(struct tcp_status, timer) },
    { "timer_expires", RECORD_TIME, offsetof(struct tcp_status, timer_expires) },
    { NULL, RECORD_U8, 0 },
};

void api_push_status_table(lua_State *L, const struct tcp_status *status)
{
    record_push_table(L, status, status_fields);
}

/* ---- host:state ----------------------------------------------------------------------------- */

struct port_query {
    uint16_t port;
    enum tcp_state state;
};

/* The port may be either end's: "what is my connection to port 80 doing?" Listeners come first, then
 * the others, the oldest first: the last that fits is the newest. */
static void look_at_port(void *context, conn_id id, const struct tcp_status *status)
{
    (void)id;
    struct port_query *query = context;
    if (status->local_port == query->port || status->remote_port == query->port) {
        query->state = status->state;
    }
}

int api_host_state(lua_State *L)
{
    const struct script *script = script_of(L);
    const host_id host = api_check_host(L, 1);
    const struct lua_conn *conn = api_test_conn(L, 2);
    struct port_query query = { .state = TCP_CLOSED };
    if (conn != NULL) {
        query.state = api_conn_status(conn).state;
    } else {
        query.port = (uint16_t)args_check_integer(L, 2, "the port of host:state", 1, UINT16_MAX);
        host_each_socket(script->sim, host, look_at_port, &query);
    }
    lua_pushstring(L, tcp_state_name(query.state));
    script_note_reading(script_of(L), host, "state", tcp_state_name(query.state));
    return 1;
}

/* ---- host:sockets --------------------------------------------------------------------------- */

struct socket_list {
    struct tcp_status *statuses;
    conn_id *ids;
    size_t count;
};

static void count_socket(void *context, conn_id id, const struct tcp_status *status)
{
    (void)id;
    (void)status;
    struct socket_list *list = context;
    list->count++;
}

static void note_socket(void *context, conn_id id, const struct tcp_status *status)
{
    struct socket_list *list = context;
    list->statuses[list->count] = *status;
    list->ids[list->count++] = id;
}

/* Two walks, since Lua may not be called, and so may not raise, during one. */
int api_host_sockets(lua_State *L)
{
    const struct script *script = script_of(L);
    const host_id host = api_check_host(L, 1);
    struct socket_list list = { .count = 0 };
    host_each_socket(script->sim, host, count_socket, &list);
    list.statuses = lua_newuserdatauv(L, (list.count + 1) * sizeof *list.statuses, 0);
    list.ids = lua_newuserdatauv(L, (list.count + 1) * sizeof *list.ids, 0);
    list.count = 0;
    host_each_socket(script->sim, host, note_socket, &list);
    lua_createtable(L, (int)list.count, 0);
    for (size_t i = 0; i < list.count; i++) {
        api_push_status_table(L, &list.statuses[i]);
        api_push_known_conn(L, list.ids[i]);
        lua_setfield(L, -2, "conn");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}
