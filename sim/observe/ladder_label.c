/* The ladder's words for a packet. */
#include "sim/observe/ladder_private.h"

#include <inttypes.h>

/* What is worth a look on a projector: the sequence number of what occupies sequence space, the
 * acknowledgment number where that is the message, and a closed window. */
void ladder_add_label(struct text *text, const struct ladder_packet *p)
{
    char flags[TCP_FLAGS_TEXT_MAX];
    bool occupies = p->length > 0 || (p->flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0;
    bool acks = (p->flags & TCP_ACK) != 0;

    text_add(text, tcp_flags_format(p->flags, flags));
    if (p->length > 0) {
        text_addf(text, " %" PRIu32 ":%" PRIu32, p->seq, p->seq + p->length);
    } else if (occupies || !acks) {
        text_addf(text, " %" PRIu32, p->seq);
    }
    if (acks && !occupies) {
        text_addf(text, " %" PRIu32, p->ack);
    } else if (acks && p->length == 0) {
        text_addf(text, " ack %" PRIu32, p->ack);
    }
    if (acks && p->window == 0 && !(p->flags & TCP_RST)) {
        text_add(text, " win 0");
    }
}

void ladder_add_mark(struct text *text, const struct ladder_packet *p)
{
    char address[IP_ADDR_TEXT_MAX];
    size_t before = text->length;
    if (p->copy) {
        text_add(text, "(copy)");
    } else if (p->again) {
        text_add(text, "(again)");
    }
    if (p->late_by > 0) {
        text_add(text, text->length > before ? " (" : "(");
        text_add_duration(text, p->late_by);
        text_add(text, " late)");
    }
    if (p->corrupted) {
        text_add(text, text->length > before ? " (corrupted)" : "(corrupted)");
    }
    if (p->spoofed) {
        text_addf(text, "%sfrom %s", text->length > before ? " " : "",
                  ip_addr_format(&p->source, address));
    }
}

void ladder_add_why(struct text *text, const struct ladder *ladder, const struct ladder_packet *p,
                    bool ascii)
{
    if (p->journey == JOURNEY_UNDERWAY) {
        text_add(text, p->held_at != SIM_NEVER ? "held back" : "on its way");
    } else if (p->why != LADDER_NONE) {
        text_add_clean(text, ladder_string(ladder, p->why), ascii);
    } else {
        text_add(text, packet_fate_name(p->fate));
    }
}
