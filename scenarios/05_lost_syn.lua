--- The SYN is lost again and again.
--
-- What people believe: "a connection attempt fails after some seconds". RFC 6298 doubles the timeout
-- at every expiry: tries follow after 1, 3, 7, 15, 31 and 63 seconds, and after 127 the client gives
-- up. And the loss is remembered: the first data starts with a timeout of 3 seconds (section 5.7).
local sim = require "tcpsim"

local opt = sim.options { lost = { 2, min = 0, max = 7, help = "how many SYNs are lost" } }

local client = sim.host("client", { iss = 1000 })
local server = sim.host("server", { iss = 7000, delayed_ack = false })
local wire = sim.link(client, server, { delay = "10ms" })

if opt.lost > 0 then wire:match({ from = client, flags = "S", limit = opt.lost }):drop() end
wire:match({ from = client, len = ">0", nth = 1 }):drop "the first data"

server:listen(80, function(conn) conn:recv_all(); conn:close() end)

local opened_at, failed_at, failure, repaired_after
client:spawn(function()
  local conn, err = client:connect(server, 80)
  if not conn then
    failed_at, failure = sim.now(), err
    return
  end
  opened_at = sim.now()
  conn:send "hello"
  conn:drain()
  repaired_after = sim.now() - opened_at
  conn:close()
end)

if opt.lost == 7 then
  sim.expect("after 127 s the client gives up", function() return failed_at, 127 end)
  sim.expect("the application is told", function() return failure, "connection timed out" end)
else
  sim.expect("the n-th try comes after 2^n - 1 seconds", function()
    return opened_at, 2 ^ opt.lost - 1 + 0.020
  end)
  sim.expect("lost data is repaired after 1 s, but after 3 s where a SYN was lost", function()
    return sim.duration(repaired_after), sim.duration(opt.lost == 0 and 1.020 or 3.020)
  end)
end
