/* Parameters of a stack that follows the current RFCs. */
#include "tcpsim/tcp_types.h"

struct tcp_params tcp_params_default(void)
{
    return (struct tcp_params){
        .handshake = TCP_THREE_WAY,
        .msl = 30 * SIM_SECOND,
        .rto_initial = 1 * SIM_SECOND,
        .rto_min = 1 * SIM_SECOND,
        .rto_max = 120 * SIM_SECOND,
        .clock_granularity = 1 * SIM_MILLISECOND,
        .delayed_ack = 40 * SIM_MILLISECOND,
        .persist_max = 60 * SIM_SECOND,
        .syn_retries = 6,
        .syn_ack_retries = 5,
        .data_retries = 15,
        .receive_buffer_bytes = 65535,
        .send_buffer_bytes = 262144,
        .initial_window_segments = 10,
        .nagle = true,
    };
}
