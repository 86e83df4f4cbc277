--- Ten requests: ten connections, or one kept alive? Count packets and time.
--
-- What people believe: "opening a connection costs nothing nowadays". It costs a round trip before
-- the first byte of each request, and a TIME-WAIT record for a minute after it. At a round trip of
-- 100 ms ten requests take 2.0 seconds and leave 10 records; on one connection 1.1 seconds and 1.
local sim = require "tcpsim"

local opt = sim.options {
  keepalive = { true, false, help = "one connection for all requests" },
  requests = { 10, min = 1, max = 1000 },
}

local browser, web = sim.host("browser", { iss = 1000 }), sim.host("web", { iss = 7000 })
sim.link(browser, web, { delay = "50ms" })

web:listen(80, function(conn)
  for request in conn:lines "\r\n\r\n" do
    local last = request:find("Connection: close", 1, true)
    local body = ("x"):rep(1000)
    conn:send("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", #body, body)
    if last then break end
  end
  conn:close()
end)

local took
browser:spawn(function()
  local conn
  for i = 1, opt.requests do
    conn = conn or browser:connect(web, 80)
    local close = (not opt.keepalive or i == opt.requests) and "Connection: close\r\n" or ""
    conn:send("GET /%d HTTP/1.1\r\nHost: web\r\n%s\r\n", i, close)
    assert(#conn:recv_http().body == 1000, "a response is cut short")
    if close ~= "" then
      conn:close()
      conn = nil
    end
  end
  took = sim.now()
  sim.measure("page load", took)
end)

sim.expect("one handshake with keep-alive, one per request without", function()
  return browser.stats.syn_sent, opt.keepalive and 1 or opt.requests
end)
sim.expect("a round trip per request, and one per connection", function()
  return took, (opt.requests + browser.stats.syn_sent) / 10
end)
sim.expect("TIME-WAIT records are left behind", function()
  return web.stats.time_waits, opt.keepalive and 1 or opt.requests
end)
