--- The last ACK of the close is lost. What is TIME-WAIT good for?
--
-- What people believe: "TIME-WAIT is a waste; the connection is over". The end that sends the last
-- ACK cannot know whether it arrived. With TIME-WAIT it is still there to acknowledge the FIN again,
-- and both ends close cleanly. Without, the repeated FIN meets nobody, is answered with RST, and the
-- peer's application is told "connection reset" about a transfer that went well.
local sim = require "tcpsim"

local opt = sim.options { time_wait = { true, false, help = "the client waits for 2MSL" } }

local client = sim.host("client", { iss = 1000, rules = { time_wait = opt.time_wait } })
local server = sim.host("server", { iss = 7000 })
local wire = sim.link(client, server, { delay = "10ms" })

local ended
server:listen(80, function(conn)
  conn:recv_all()
  sim.sleep "100ms"
  conn:shutdown()
  local ok, err = conn:wait_closed()
  ended = ok and "well" or err
  conn:close()
end)

client:spawn(function()
  local conn = client:connect(server, 80)
  conn:send "all my data"
  conn:shutdown()
  conn:recv_all() -- until the server's FIN
  conn:close()
end)
wire:match({ from = client, flags = ".", after = "130ms", nth = 1 }):drop "the last ACK"

sim.expect("the server's close ends well", function() return ended, "well" end)
sim.expect("nobody sent RST", function() return client.stats.rst_sent, 0 end)
sim.expect("the FIN was sent twice", function() return server.stats.retransmits.fin, 1 end)
