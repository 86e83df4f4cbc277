/* The whole public API of tcpsim.
 *
 * Reading order: sim.h (the world), net.h (hosts and links), sock.h (applications), facts.h (what
 * observers see). */
#ifndef TCPSIM_TCPSIM_H
#define TCPSIM_TCPSIM_H

#include "tcpsim/facts.h"
#include "tcpsim/net.h"
#include "tcpsim/packet.h"
#include "tcpsim/rules.h"
#include "tcpsim/sim.h"
#include "tcpsim/sock.h"
#include "tcpsim/status.h"
#include "tcpsim/tape.h"
#include "tcpsim/tcp_types.h"
#include "tcpsim/time.h"

#endif
