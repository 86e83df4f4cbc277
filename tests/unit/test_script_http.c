/* conn:recv_http: HTTP messages as tables. */
#include "tests/unit/test_script_fixture.h"

/* The server sends `bytes` and closes; the client runs `client`. */
#define SERVE(bytes, client)                                                      \
    PAIR "b:listen(80, function(conn) conn:send('" bytes "') conn:close() end)\n" \
         "a:spawn(function() local conn = a:connect(b, 80)\n" client " end)\n"

static void test_a_response_is_a_table(void **state)
{
    (void)state;
    assert_prints(SERVE("HTTP/1.1 404 Not Found\\r\\nContent-Length: 3\\r\\nX-Odd:  v : w "
                        "\\r\\n\\r\\nabcrest",
                        "local r = conn:recv_http() print(r.status, r.reason, r.version, r.body) "
                        "print(r.headers['content-length'], '[' .. r.headers['x-odd'] .. ']') "
                        "print(conn:recv_all())"),
                  "404\tNot Found\tHTTP/1.1\tabc\n3\t[v : w]\nrest\n");
}

static void test_a_request_is_a_table(void **state)
{
    (void)state;
    assert_prints(PAIR
                  "b:listen(80, function(conn)\n"
                  "  for i = 1, 2 do local r = conn:recv_http()\n"
                  "    print(r.method, r.target, r.version, r.headers.host, r.body) end\n"
                  "end)\n"
                  "a:spawn(function() local conn = a:connect(b, 80)\n"
                  "  conn:send 'GET /x HTTP/1.1\\r\\nHost: b\\r\\n\\r\\nPOST /y HTTP/1.1\\r\\n'\n"
                  "  sim.sleep(1) conn:send 'Content-Length: 2\\r\\n\\r\\nh'\n"
                  "  sim.sleep(1) conn:send 'i'\n"
                  "end)\n",
                  "GET\t/x\tHTTP/1.1\tb\t\nPOST\t/y\tHTTP/1.1\tnil\thi\n");
}

static void test_a_response_without_a_length_ends_with_the_stream(void **state)
{
    (void)state;
    assert_prints(SERVE("HTTP/1.0 200 OK\\r\\n\\r\\nto the end", "print(conn:recv_http().body)"),
                  "to the end\n");
}

static void test_a_response_that_never_has_a_body_does_not_wait_for_one(void **state)
{
    (void)state;
    assert_prints(SERVE("HTTP/1.1 204 No Content\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\nContent-Length: "
                        "0\\r\\n\\r\\n",
                        "print('[' .. conn:recv_http().body .. ']', conn:recv_http().status) "
                        "print(conn:recv_http())"),
                  "[]\t200\nnil\tend of the stream: the peer closed its direction\tEOF\n");
}

static void test_what_is_no_message_is_told(void **state)
{
    static const struct {
        const char *script, *output;
    } cases[] = {
        { SERVE("hello\\r\\n\\r\\n", "print(conn:recv_http())"),
          "nil\twhat arrived is no HTTP message\tEPROTO\n" },
        { SERVE("HTTP/1.1 abc OK\\r\\n\\r\\n", "print(conn:recv_http())"),
          "nil\twhat arrived is no HTTP message\tEPROTO\n" },
        { SERVE("HTTP/1.1 200 OK\\r\\nContent-Length: -1\\r\\n\\r\\n", "print(conn:recv_http())"),
          "nil\ta Content-Length that is no number\tEPROTO\n" },
        { SERVE("HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc", "print(conn:recv_http())"),
          "nil\tthe stream ended inside the body of an HTTP message\tEPROTO\n" },
        { SERVE("HTTP/1.1 200 OK\\r\\nConte", "print(conn:recv_http())"),
          "nil\tthe stream ended inside the head of an HTTP message\tEPROTO\n" },
        { SERVE("HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n",
                "print(conn:recv_http())"),
          "nil\ttransfer codings are not understood\tEPROTO\n" },
        { SERVE("HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc",
                "print(conn:recv_http { timeout = '1ms' })"),
          "nil\ttimed out\tEAGAIN\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_prints(cases[i].script, cases[i].output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_response_is_a_table),
        cmocka_unit_test(test_a_request_is_a_table),
        cmocka_unit_test(test_a_response_without_a_length_ends_with_the_stream),
        cmocka_unit_test(test_a_response_that_never_has_a_body_does_not_wait_for_one),
        cmocka_unit_test(test_what_is_no_message_is_told),
    };
    return cmocka_run_group_tests_name("script http", tests, NULL, NULL);
}
