--- An old SYN arrives just before a new one (RFC 9293, figure 8).
--
-- What people believe: "the server would be confused by two SYNs". It answers the old one, for it
-- cannot know better. The client can: the answer acknowledges a number that it never sent in this
-- connection. It says RST, the server goes back to LISTEN, and the new SYN gets its own answer.
-- The client stays in SYN-SENT all the while and connects.
local sim = require "tcpsim"

local client = sim.host("client", { ip = "10.0.0.1", iss = 1000 })
local server = sim.host("server", { ip = "10.0.0.2", iss = { 5000, 6000 } })
local wire = sim.link(client, server, { delay = "10ms" })

-- The old SYN of an earlier incarnation: same addresses and ports, another sequence number. The
-- client's own SYN is slower than usual.
client:inject { dst = server, sport = 40000, dport = 80, flags = "S", seq = 90, win = 65535 }
wire:match({ from = client, seq = 1000, flags = "S", nth = 1 }):delay { by = "60ms" }

server:listen(80, function(conn) conn:recv_all(); conn:close() end)

local while_waiting, connected
client:spawn(function()
  local conn = client:connect(server, 80, { local_port = 40000 })
  connected = conn ~= nil
  conn:send "hello"
  conn:close()
end)
sim.at("45ms", function() while_waiting = client:state(80) .. " " .. server:state(80) end)

sim.expect("after the RST the client still waits and the server listens", function()
  return while_waiting, "SYN-SENT LISTEN"
end)
sim.expect("the client sent one RST", function() return client.stats.rst_sent, 1 end)
sim.expect("the client connects", function() return connected, true end)
sim.expect("the application accepted one connection", function() return server.stats.accepted, 1 end)
