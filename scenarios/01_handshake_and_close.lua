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

local acked, state
client:spawn(function()
  local conn = client:connect(server, 80)
  conn:send "hello\n"
  conn:recv(15)
  acked = conn:status().snd_una
  conn:shutdown()
  state = conn:state()
  conn:recv_all() -- until the server's FIN
  conn:close()
end)

sim.expect("the SYN took sequence number 1000 and the six bytes 1001 to 1006", function()
  return acked, 1007
end)
sim.expect("CLOSE led to FIN-WAIT-1", function() return state, "FIN-WAIT-1" end)
sim.expect("only the client waited in TIME-WAIT", function()
  return client.stats.time_waits .. " " .. server.stats.time_waits, "1 0"
end)
sim.expect("it waited for twice the longest life of a segment, 2 x 30 s", function()
  return sim.now(), 60.160
end)
