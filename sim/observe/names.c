/* Short machine-readable names. They are part of the output formats: change them with care. */
#include "sim/observe/names.h"

#include "sim/base/panic.h"

const char *fact_kind_name(enum sim_fact_kind kind)
{
    static const char *const names[FACT_KIND_COUNT] = {
        [FACT_SENT] = "sent",   [FACT_LINK] = "link",       [FACT_ARRIVED] = "arrived",
        [FACT_STATE] = "state", [FACT_TIMEOUT] = "timeout", [FACT_APP] = "app",
        [FACT_NOTE] = "note",   [FACT_VERDICT] = "verdict",
    };
    SIM_ASSERT(kind < FACT_KIND_COUNT);
    return names[kind];
}

const char *app_event_name(enum app_event event)
{
    static const char *const names[APP_EVENT_COUNT] = {
        [APP_LISTEN] = "listen",     [APP_OPEN] = "open",
        [APP_SEND] = "send",         [APP_CLOSE] = "close",
        [APP_ABORT] = "abort",       [APP_CONNECTED] = "connected",
        [APP_ACCEPTED] = "accepted", [APP_DELIVERED] = "delivered",
        [APP_READ] = "read",         [APP_PEER_CLOSED] = "peer closed",
        [APP_ERROR] = "error",
    };
    SIM_ASSERT(event < APP_EVENT_COUNT);
    return names[event];
}
