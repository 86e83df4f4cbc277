/* TCP as its users see it: states, parameters of a host's stack, and the STATUS call. */
#ifndef TCPSIM_TCP_TYPES_H
#define TCPSIM_TCP_TYPES_H

#include "tcpsim/packet.h"
#include "tcpsim/rules.h"
#include "tcpsim/status.h"
#include "tcpsim/time.h"

#include <stdbool.h>
#include <stdint.h>

/* RFC 9293 3.3.2. */
enum tcp_state {
    TCP_CLOSED,
    TCP_LISTEN,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
    TCP_STATE_COUNT
};

const char *tcp_state_name(enum tcp_state state);         /* "SYN-RECEIVED" (RFC 9293) */
const char *tcp_state_netstat_name(enum tcp_state state); /* "SYN_RECV" */
const char *tcp_state_ss_name(enum tcp_state state);      /* "SYN-RECV" */

/* How a passive OPEN answers a SYN, and what an active OPEN understands. */
enum tcp_handshake {
    TCP_THREE_WAY, /* RFC 9293 3.5: ESTABLISHED only when our SYN is acknowledged */
    TCP_TWO_WAY,   /* the wrong one: ESTABLISHED as soon as a SYN arrives */
    TCP_FOUR_WAY,  /* SYN, ACK, SYN, ACK: the passive side sends its two messages apart */
};

/* Parameters of one host's stack. tcp_params_default() is RFC 9293 and the standards it cites;
 * hosts share a parameter block, and none of it changes while a connection is open. */
struct tcp_params {
    enum tcp_handshake handshake;
    struct rule_set rules_off;

    sim_time_t msl;               /* maximum segment lifetime; TIME-WAIT lasts twice this. 30 s */
    sim_time_t rto_initial;       /* RFC 6298 2.1: 1 s */
    sim_time_t rto_min;           /* RFC 6298 2.4: 1 s */
    sim_time_t rto_max;           /* RFC 6298 2.5: at least 60 s; 120 s */
    sim_time_t clock_granularity; /* G of RFC 6298: 1 ms */
    sim_time_t delayed_ack; /* longest delay of an ACK (RFC 9293 3.8.6.3): 40 ms; 0 = at once */
    sim_time_t persist_max; /* longest interval between window probes: 60 s */
    sim_time_t fin_wait_2_timeout; /* 0 = none, as the RFC has it; only for closed sockets */
    sim_time_t user_timeout;       /* RFC 9293 3.8.3: 0 = none beyond the retry limits */

    uint8_t syn_retries;     /* retransmissions of a SYN before giving up: 6, so after 127 s */
    uint8_t syn_ack_retries; /* retransmissions of a SYN-ACK before giving up: 5, so after 63 s */
    uint8_t data_retries;    /* retransmissions of data or FIN before giving up (R2): 15 */

    uint16_t mss; /* largest segment we accept; 0 = from the MTU of the first link */
    uint32_t receive_buffer_bytes;    /* 65,535 */
    uint32_t send_buffer_bytes;       /* 262,144 */
    uint32_t initial_window_segments; /* RFC 6928: 10 */
    bool nagle;                       /* RFC 9293 3.7.4: on */
    bool abort_on_overflow; /* a full accept queue answers RST instead of staying silent: off */
};

struct tcp_params tcp_params_default(void);

/* The STATUS call (RFC 9293 3.10.6): one connection, listener, half-open or TIME-WAIT record. */
struct tcp_status {
    enum tcp_state state;
    struct ip_addr local_addr, remote_addr;
    uint16_t local_port, remote_port; /* remote_port is 0 for a listener */
    uint32_t iss, irs;
    uint32_t snd_una, snd_nxt, snd_wnd;
    uint32_t rcv_nxt, rcv_wnd;
    uint32_t mss; /* largest payload that we send */
    uint32_t cwnd_bytes, ssthresh_bytes;
    uint64_t bytes_sent;       /* payload bytes handed to the network, retransmissions included */
    uint64_t bytes_acked;      /* payload bytes that the peer acknowledged */
    uint64_t bytes_received;   /* payload bytes put in order for the application */
    uint64_t send_queue_bytes; /* written and not acknowledged; for a listener: its backlog */
    uint64_t receive_queue_bytes; /* in order and not read; for a listener: waiting for accept */
    uint32_t syn_queue, syn_queue_max; /* listener: half-open connections, and their limit */
    sim_time_t srtt, rttvar, rto;      /* srtt is 0 before the first sample */
    uint32_t retransmits;              /* in all */
    uint8_t backoff;          /* retransmissions of the oldest segment since it was first sent */
    enum sim_status error;    /* why it closed; SIM_OK while it is fine */
    const char *timer;        /* ss: "on" (retransmit), "timewait", "persist", "delack", or NULL */
    sim_time_t timer_expires; /* virtual time; SIM_NEVER without a timer */
};

#endif
