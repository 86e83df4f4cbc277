--- A whole connection: three messages to open, data, four to close, and TIME-WAIT.
--
-- What people believe: "closing takes three messages, like opening". Each direction is closed on
-- its own: a FIN says "I have no more to send" and no more than that. The server here has something
-- left to do when the client's FIN comes, so its ACK and its FIN are two messages. And only the end
-- that closed first waits in TIME-WAIT, for twice the longest life of a segment.
local sim = require "tcpsim"

local client = sim.host("client", { ip = "10.0.0.1", iss = 1000 })
local server = sim.host("server", { ip = "10.0.0.2", iss = 7000 })
sim.link(client, server, { delay = "10ms" })

server:listen(80, function(conn)
  conn:send("you said: %s", conn:recv_line())
  conn:recv_all() -- until the client's FIN
  sim.note(server, "the client has finished; I have not")
  sim.sleep "100ms"
  conn:close()
end)

local at_close = {}
client:spawn(function()
  local conn = client:connect(server, 80)
  conn:send "hello\n"
  conn:recv(15)
  conn:shutdown()
  at_close.client = client:state(conn)
  conn:wait_closed()
  at_close.time = sim.now()
end)

sim.at("1s", function()
  at_close.after_client = client:state(80)
  at_close.after_server = #server:sockets()
end)

sim.expect("the SYN took the sequence number 1000, so data began at 1001", function()
  return client.stats.bytes_delivered, 15
end)
sim.expect("CLOSE led to FIN-WAIT-1", function() return at_close.client, "FIN-WAIT-1" end)
sim.expect("only the client waited in TIME-WAIT", function()
  return client.stats.time_waits .. " " .. server.stats.time_waits, "1 0"
end)
