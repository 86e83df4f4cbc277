--- The server's answer is lost.
--
-- What people believe: "the client's second SYN makes a second connection". The server finds the
-- half-open record of the first one by its addresses and ports: one record, two SYN,ACKs, and one
-- connection for the application.
local sim = require "tcpsim"

local client = sim.host("client", { iss = 1000 })
local server = sim.host("server", { iss = { 7000, 9000 } })
local wire = sim.link(client, server, { delay = "10ms" })

wire:match({ from = server, flags = "S.", nth = 1 }):drop()

server:listen(80, function(conn) conn:recv_all(); conn:close() end)

local irs
client:spawn(function()
  local conn = client:connect(server, 80)
  irs = conn:status().irs
  conn:close()
end)

sim.expect("there was one half-open record", function() return server.stats.syn_queue_max, 1 end)
sim.expect("the SYN,ACK was sent twice", function() return server.stats.retransmits.syn_ack, 1 end)
sim.expect("the second SYN,ACK has the number of the first", function() return irs, 7000 end)
sim.expect("the application accepted one connection", function() return server.stats.accepted, 1 end)
