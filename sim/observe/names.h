/* Short machine-readable names of facts and their parts, for traces and JSON. */
#ifndef TCPSIM_OBSERVE_NAMES_H
#define TCPSIM_OBSERVE_NAMES_H

#include "tcpsim/facts.h"

const char *fact_kind_name(enum sim_fact_kind kind); /* "sent" */
const char *app_event_name(enum app_event event);    /* "delivered" */

#endif
