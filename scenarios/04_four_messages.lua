--- Are four messages safer than three?
--
-- What people believe: "if three are better than two, four are better still". The server's ACK and
-- its SYN can be sent apart. They say the same, so that the client may speak at the same time as
-- before, and there is one segment more that can be lost.
local sim = require "tcpsim"

local opt = sim.options { handshake = { "four-way", "three-way", help = "rule of both hosts" } }

local client = sim.host("client", { iss = 1000, handshake = opt.handshake })
local server = sim.host("server", { iss = 7000, handshake = opt.handshake })
sim.link(client, server, { delay = "10ms" })

server:listen(80, function(conn) conn:recv_all(); conn:close() end)

local opened_at, segments
client:spawn(function()
  local conn = client:connect(server, 80)
  opened_at = sim.now()
  sim.sleep "15ms"
  segments = client.stats.segments_sent + server.stats.segments_sent
  conn:close()
end)

sim.expect("the client may speak after one round trip", function() return opened_at, 0.020 end)
sim.expect("the handshake took so many segments", function()
  return segments, opt.handshake == "four-way" and 4 or 3
end)
