--- The third handshake packet is lost. Who is stuck, and what repairs it?
--
-- What people believe: "then the server answers the client's data with RST". The client is
-- ESTABLISHED, the server still in SYN-RECEIVED. If the client speaks first, its data carries the
-- missing ACK, and nothing is lost, not even time. If the server is to speak first, its SYN,ACK timer
-- repairs it after about a second. A RST would come only after the server has given up.
local sim = require "tcpsim"

local opt = sim.options { speaks_first = { "client", "server" } }

local client, server = sim.host("client", { iss = 1000 }), sim.host("server", { iss = 7000 })
local wire = sim.link(client, server, { delay = "10ms" })

wire:match({ from = client, flags = ".", nth = 1 }):drop "the last ACK of the handshake"

local repaired_at
server:listen(80, function(conn)
  repaired_at = sim.now()
  if opt.speaks_first == "server" then conn:send "220 ready\r\n" end
  conn:recv_all()
  conn:close()
end)

client:spawn(function()
  local conn = client:connect(server, 80, { timeout = "5s" })
  sim.note(client, "ESTABLISHED, but the server is in %s", server:state(80))
  if opt.speaks_first == "client" then
    conn:send "HELO\r\n" -- carries the missing ACK
  else
    conn:recv_line() -- nothing to send: the server's SYN,ACK timer repairs it
  end
  conn:close()
end)

sim.expect("both ends reach ESTABLISHED", function()
  return client.stats.established + server.stats.established, 2
end)
sim.expect("the SYN,ACK timer repaired it only where it had to", function()
  return server.stats.retransmits.syn_ack, opt.speaks_first == "server" and 1 or 0
end)
sim.expect("client first: no time is lost; server first: the SYN,ACK comes again after 1 s", function()
  return repaired_at, opt.speaks_first == "client" and 0.030 or 1.030
end)
sim.expect("nobody sent RST", function() return client.stats.rst_sent + server.stats.rst_sent, 0 end)
