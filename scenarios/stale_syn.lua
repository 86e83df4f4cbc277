--- Why three handshakes: old copies of a SYN and of its data arrive 3 s late.
--
-- What people believe: "two messages are enough. The client asks, the server agrees; why should
-- anybody confirm once more?" Because the server cannot tell a new SYN from an old one. The network
-- may deliver a copy of a SYN, and of the data behind it, long after their connection has ended.
-- A server that believes the first SYN runs the bank transfer a second time. With the third message
-- it first asks "did you mean this?", with a number that the old data cannot know.
local sim = require "tcpsim"

local opt = sim.options {
  handshake = { "three-way", "two-way", help = "rule that the passive side follows" },
}

local client = sim.host("client", { ip = "10.0.0.1", iss = 1000 })
local server = sim.host("server", { ip = "10.0.0.2", iss = { 7000, 9000 }, handshake = opt.handshake })
local wire = sim.link(client, server, { delay = "10ms" })

wire:match({ from = client, flags = "S" }):copy { arrive_at = "3s" }
wire:match({ from = client, len = ">0" }):copy { arrive_at = "3.005s" }

local transfers = 0
server:listen(80, function(conn)
  if conn:recv(12) == "TRANSFER 100" then transfers = transfers + 1 end
end)

client:spawn(function()
  local conn = client:connect(server, 80)
  conn:send "TRANSFER 100"
  conn:drain() -- every byte acknowledged
  conn:abort() -- RST: both ends forget the connection
end)

sim.expect("the transfer runs exactly once", function() return transfers == 1 end)
sim.expect("no ghost connection was ever accepted", function() return server.stats.accepted == 1 end)
