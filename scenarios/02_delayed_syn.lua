--- A SYN that was under way for 100 seconds reaches a server whose client is long gone.
--
-- What people believe: "a SYN opens a connection". A SYN asks for one. Under the three-way handshake
-- the server stays in SYN-RECEIVED until somebody confirms its own number; the client knows of
-- nothing and answers RST, so that the ghost lives for one round trip and no application sees it.
-- Under a two-way handshake the ghost is ESTABLISHED at once. If the client is silent (switched off,
-- or behind a firewall that drops what it does not know) it stays so until the server gives up.
local sim = require "tcpsim"

local opt = sim.options {
  handshake = { "three-way", "two-way", help = "rule that the passive side follows" },
  client_answers = { true, false, help = "false: the client is gone and sends no RST" },
}

local client = sim.host("client", { iss = 1000 })
local server = sim.host("server", { iss = { 7000, 9000 }, handshake = opt.handshake })
local wire = sim.link(client, server, { delay = "10ms" })

wire:match({ from = client, flags = "S" }):copy { arrive_at = "100s" }

server:listen(80, function(conn) conn:recv_all(); conn:close() end)
client:spawn(function()
  client:connect(server, 80):close()
end)

local ghost_state, ghost_later
sim.at("99s", function()
  if not opt.client_answers then wire:match({ from = client }):drop "the client is gone" end
end)
sim.at("100.001s", function() ghost_state = server:state(80) end)
sim.at("100.1s", function() ghost_later = server:state(80) end)
sim.stop_at "200s"

sim.expect("the ghost never gets beyond SYN-RECEIVED", function()
  return ghost_state, "SYN-RECEIVED"
end)
sim.expect("the application accepts one connection", function() return server.stats.accepted, 1 end)
if opt.client_answers then
  sim.expect("a RST ends the ghost within a round trip", function() return ghost_later, "LISTEN" end)
else
  sim.expect("nobody contradicts the ghost: it stays", function() return ghost_later, ghost_state end)
end
