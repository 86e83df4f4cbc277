/* What is said of a packet without encoding it: its size, its flags as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/common.h"
#include "tcpsim/packet.h"

static void test_size_counts_headers_padded_options_and_payload(void **state)
{
    struct packet p = { .version = 4, .protocol = IP_TCP };
    (void)state;
    assert_int_equal(packet_size_bytes(&p), 40);
    p.version = 6;
    assert_int_equal(packet_size_bytes(&p), 60);
    p.tcp.options_length = 12;
    p.tcp.payload.length = 1440;
    assert_int_equal(packet_size_bytes(&p), 60 + 12 + 1440);
    p.tcp.options_length = 9;
    assert_int_equal(packet_size_bytes(&p), 60 + 12 + 1440);
}

struct flags_text {
    uint16_t flags;
    const char *words;
    const char *letters;
};

static const struct flags_text flags_texts[] = {
    { 0, "none", "-" },
    { TCP_SYN, "SYN", "S" },
    { TCP_SYN | TCP_ACK, "SYN,ACK", "S." },
    { TCP_FIN | TCP_ACK, "FIN,ACK", "F." },
    { TCP_RST | TCP_ACK, "RST,ACK", "R." },
    { TCP_ACK, "ACK", "." },
    { TCP_FIN | TCP_PSH | TCP_ACK, "FIN,PSH,ACK", "FP." },
    { TCP_SYN | TCP_ECE | TCP_CWR, "SYN,ECE,CWR", "SEW" },
    { TCP_SYN | TCP_ECE | TCP_CWR | TCP_AE, "SYN,ECE,CWR,AE", "SEWA" },
    { TCP_ACK | TCP_URG, "ACK,URG", "U." },
    { 0x1ff, "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR,AE", "FSRPEWAU." },
    { 0xfff, "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR,AE,0xe00", "FSRPEWAU." },
    { 0x400, "0x400", "-" },
};

static void test_flags_are_named_as_the_rfc_writes_them(void **state)
{
    char text[TCP_FLAGS_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags_texts); i++) {
        assert_string_equal(tcp_flags_format(flags_texts[i].flags, text), flags_texts[i].words);
    }
}

static void test_flags_have_packetdrill_letters(void **state)
{
    char text[TCP_FLAGS_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags_texts); i++) {
        assert_string_equal(tcp_flags_format_packetdrill(flags_texts[i].flags, text),
                            flags_texts[i].letters);
    }
}

static void test_syn_and_fin_count_in_segment_length(void **state)
{
    struct segment s = { .flags = TCP_SYN | TCP_ACK };
    (void)state;
    assert_int_equal(segment_length(&s), 1);
    s.flags = TCP_FIN | TCP_PSH;
    s.payload.length = 10;
    assert_int_equal(segment_length(&s), 11);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_counts_headers_padded_options_and_payload),
        cmocka_unit_test(test_flags_are_named_as_the_rfc_writes_them),
        cmocka_unit_test(test_flags_have_packetdrill_letters),
        cmocka_unit_test(test_syn_and_fin_count_in_segment_length),
    };
    return cmocka_run_group_tests_name("wire/packet", tests, NULL, NULL);
}
