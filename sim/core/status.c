/* The words for enum sim_status. */
#include "tcpsim/status.h"

#include "sim/base/panic.h"

struct status_words {
    const char *name, *text, *errno_name;
};

static const struct status_words words[SIM_STATUS_COUNT] = {
    [SIM_OK] = { "SIM_OK", "no error", "0" },
    [SIM_AGAIN] = { "SIM_AGAIN", "would have to wait", "EAGAIN" },
    [SIM_EOF] = { "SIM_EOF", "end of the stream: the peer closed its direction", "0" },
    [SIM_CLOSING] = { "SIM_CLOSING", "connection closing", "EPIPE" },
    [SIM_NOT_CONNECTED] = { "SIM_NOT_CONNECTED", "connection does not exist", "ENOTCONN" },
    [SIM_REFUSED] = { "SIM_REFUSED", "connection refused", "ECONNREFUSED" },
    [SIM_RESET] = { "SIM_RESET", "connection reset by peer", "ECONNRESET" },
    [SIM_TIMED_OUT] = { "SIM_TIMED_OUT", "connection timed out", "ETIMEDOUT" },
    [SIM_ABORTED] = { "SIM_ABORTED", "connection aborted", "ECONNABORTED" },
    [SIM_NO_ROUTE] = { "SIM_NO_ROUTE", "no route to host", "ENETUNREACH" },
    [SIM_ADDRESS_IN_USE] = { "SIM_ADDRESS_IN_USE", "address already in use", "EADDRINUSE" },
    [SIM_NO_PORTS] = { "SIM_NO_PORTS", "no free local port", "EADDRNOTAVAIL" },
    [SIM_NO_MEMORY] = { "SIM_NO_MEMORY", "out of memory", "ENOMEM" },
    [SIM_BAD_HANDLE] = { "SIM_BAD_HANDLE", "no such socket", "EBADF" },
    [SIM_INVALID] = { "SIM_INVALID", "invalid argument", "EINVAL" },
    [SIM_LIMIT] = { "SIM_LIMIT", "limit reached", "ERANGE" },
    [SIM_DIVERGED] = { "SIM_DIVERGED", "the replay met another choice than the recorded one",
                       "EPROTO" },
};

static const struct status_words *words_of(enum sim_status status)
{
    SIM_ASSERT((unsigned)status < SIM_STATUS_COUNT);
    return &words[status];
}

const char *sim_status_name(enum sim_status status)
{
    return words_of(status)->name;
}

const char *sim_status_text(enum sim_status status)
{
    return words_of(status)->text;
}

const char *sim_status_errno_name(enum sim_status status)
{
    return words_of(status)->errno_name;
}
