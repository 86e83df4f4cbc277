/* Connections and listeners as scripts hold them.
 *
 * A connection has a read-ahead buffer: what a function has taken from the socket to find the end of
 * a line, and did not need, is there for the next one. Functions that read a given number of bytes
 * take no more than that from the socket, so that a script decides how the window opens. */
#ifndef TCPSIM_LUA_LUA_CONN_H
#define TCPSIM_LUA_LUA_CONN_H

#include "sim/lua/lua_app.h"

struct lua_conn {
    struct lua_socket socket;
    char *bytes; /* lies in the user value; [start, end) is not read yet */
    size_t start, end, capacity;
    size_t scanned; /* bytes from start on in which a separator was not found */
};

/* Push the object of a connection of `host`; a new one gets our ready function. */
struct lua_conn *api_push_conn(lua_State *L, host_id host, conn_id id);

/* The same if there is an object, else nil. */
void api_push_known_conn(lua_State *L, conn_id id);

/* The connection at `index`. The second form raises when the script gave it up; `what` is the
 * function, for messages. */
struct lua_conn *api_check_conn(lua_State *L, int index);
struct lua_conn *api_check_open_conn(lua_State *L, int index, const char *what);
struct lua_conn *api_test_conn(lua_State *L, int index);

/* Close it for good, or abort it: those who wait are woken. Nothing happens the second time. */
void api_close_conn(lua_State *L, struct lua_conn *conn);
void api_abort_conn(lua_State *L, struct lua_conn *conn);

/* The ready function of connections and listeners; context is the struct lua_socket. */
void api_socket_ready(struct sim *sim, void *context, conn_id id, unsigned events);

/* STATUS of a connection; CLOSED with nothing else when it is forgotten. */
struct tcp_status api_conn_status(const struct lua_conn *conn);
void api_push_status_table(lua_State *L, const struct tcp_status *status);

/* ---- writing: lua_send.c --------------------------------------------------------------------- */

int api_conn_send(lua_State *L);
int api_conn_send_bytes(lua_State *L);
int api_conn_drain(lua_State *L);

/* ---- reading: lua_read.c --------------------------------------------------------------------- */

int api_conn_recv(lua_State *L);
int api_conn_recv_some(lua_State *L);
int api_conn_recv_line(lua_State *L);
int api_conn_recv_all(lua_State *L);
int api_conn_recv_http(lua_State *L);
int api_conn_lines(lua_State *L);
int api_conn_skip(lua_State *L);

/* Where the separator begins in what is buffered, or SIZE_MAX. */
size_t api_conn_find(struct lua_conn *conn, const char *separator, size_t length);

/* Push the next `length` buffered bytes as a text, and forget them. */
void api_conn_push_text(lua_State *L, struct lua_conn *conn, size_t length);

/* ---- HTTP: lua_http.c ------------------------------------------------------------------------ */

enum { HTTP_MESSAGE = 4 }; /* where on the stack a message grows, while it is read */

/* Go on reading a message: the number of results, or 0 when more bytes are needed. */
int api_http_take(lua_State *L, struct lua_conn *conn, bool at_end);

#endif
