/* What can be said of a parsed packet without encoding it: its size, and its flags as text. */
#include "tcpsim/packet.h"

#include "sim/base/common.h"
#include "sim/base/panic.h"
#include "sim/wire/codec.h"
#include "sim/wire/text.h"

uint32_t packet_size_bytes(const struct packet *p)
{
    SIM_ASSERT(p->version == 4 || p->version == 6);
    uint32_t ip = p->version == 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
    uint32_t options = (p->tcp.options_length + 3u) & ~3u; /* the encoder pads to whole words */
    return ip + TCP_HEADER_BYTES + options + p->tcp.payload.length;
}

/* ---- flags ---------------------------------------------------------------------------------- */

struct flag_name {
    uint16_t flag;
    char name[4];
};

/* From the last bit of figure 1 to the first, as the RFC writes <CTL=SYN,ACK> and <CTL=FIN,ACK>. */
static const struct flag_name flag_names[] = {
    { TCP_FIN, "FIN" }, { TCP_SYN, "SYN" }, { TCP_RST, "RST" },
    { TCP_PSH, "PSH" }, { TCP_ACK, "ACK" }, { TCP_URG, "URG" },
    { TCP_ECE, "ECE" }, { TCP_CWR, "CWR" }, { TCP_AE, "AE" },
};

enum { TCP_RESERVED_BITS = 0xe00 };

static void add_with_comma(struct text *out, const char *name)
{
    if (out->length > 0) {
        text_add_char(out, ',');
    }
    text_add_string(out, name);
}

char *tcp_flags_format(uint16_t flags, char *text)
{
    struct text out = text_begin(text, TCP_FLAGS_TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(flag_names); i++) {
        if ((flags & flag_names[i].flag) != 0) {
            add_with_comma(&out, flag_names[i].name);
        }
    }
    if ((flags & TCP_RESERVED_BITS) != 0) {
        add_with_comma(&out, "0x");
        text_add_hex(&out, flags & TCP_RESERVED_BITS, 3);
    }
    if (out.length == 0) {
        text_add_string(&out, "none");
    }
    return text;
}

char *tcp_flags_format_packetdrill(uint16_t flags, char *text)
{
    static const uint16_t order[] = { TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ECE,
                                      TCP_CWR, TCP_AE,  TCP_URG, TCP_ACK };
    static const char letters[] = "FSRPEWAU.";
    struct text out = text_begin(text, TCP_FLAGS_TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if ((flags & order[i]) != 0) {
            text_add_char(&out, letters[i]);
        }
    }
    if (out.length == 0) {
        text_add_char(&out, '-'); /* packetdrill's word for a segment without flags */
    }
    return text;
}
