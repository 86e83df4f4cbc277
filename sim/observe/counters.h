/* The counters of hosts and links, each once: name in struct host_stats or link_stats, and the
 * words of `netstat -s`. Tables and JSON are made from these lists. */
#ifndef TCPSIM_OBSERVE_COUNTERS_H
#define TCPSIM_OBSERVE_COUNTERS_H

/* The "Tcp:" section, always shown (RFC 4022). */
#define HOST_COUNTERS_TCP(X)                               \
    X(active_opens, "active connection openings")          \
    X(passive_opens, "passive connection openings")        \
    X(failed_attempts, "failed connection attempts")       \
    X(established_resets, "established connections reset") \
    X(segments_received, "segments received")              \
    X(segments_sent, "segments sent out")                  \
    X(segments_retransmitted, "segments retransmitted")    \
    X(checksum_errors, "bad segments received")            \
    X(rst_sent, "resets sent")

/* The "TcpExt:" section, shown where it is not 0. */
#define HOST_COUNTERS_EXTENDED(X)                                        \
    X(packets_sent, "packets sent")                                      \
    X(packets_received, "packets received")                              \
    X(data_segments_sent, "data segments sent")                          \
    X(data_segments_received, "data segments received")                  \
    X(syn_sent, "segments with SYN sent")                                \
    X(syn_received, "segments with SYN received")                        \
    X(rst_received, "resets received")                                   \
    X(established, "connections that reached ESTABLISHED")               \
    X(accepted, "connections accepted by the application")               \
    X(retransmitted_syn, "SYNs retransmitted")                           \
    X(retransmitted_syn_ack, "SYN-ACKs retransmitted")                   \
    X(retransmitted_data, "data segments retransmitted")                 \
    X(retransmitted_fin, "FINs retransmitted")                           \
    X(timeouts, "retransmission timeouts")                               \
    X(listen_drops, "SYNs to LISTEN sockets dropped")                    \
    X(listen_overflows, "times the listen queue of a socket overflowed") \
    X(syn_queue_max, "half-open connections at most")                    \
    X(accept_queue_max, "connections waiting for accept at most")        \
    X(time_wait_max, "TIME-WAIT records at most")                        \
    X(time_waits, "connections that entered TIME-WAIT")                  \
    X(no_port, "segments for a port where nobody listens")               \
    X(bytes_delivered, "bytes delivered to applications")                \
    X(foreign_bytes_delivered, "bytes delivered of another incarnation")

#define LINK_COUNTERS(X) \
    X(entered)           \
    X(copied)            \
    X(delivered)         \
    X(dropped)           \
    X(in_flight)         \
    X(held)              \
    X(bytes_entered)     \
    X(bytes_delivered)   \
    X(queue_bytes_max)   \
    X(queue_packets_max)

#endif
