--- One end has finished, the other still has 100 kB to send.
--
-- What people believe: "close() ends the connection". CLOSE, as the RFC has it, ends one direction:
-- shutdown(). The client says FIN and goes on reading for as long as the server has something to say;
-- it waits in FIN-WAIT-2 all the while, and no byte is lost. A client that loses patience and really
-- closes, or a system that puts a time limit on FIN-WAIT-2, answers the rest with RST: cut short.
local sim = require "tcpsim"

local opt = sim.options {
  patience = { "for-ever", "70ms", help = "how long the client waits in FIN-WAIT-2" },
}
local patient = opt.patience == "for-ever"

local client = sim.host("client", { iss = 1000 })
local server = sim.host("server", { iss = 7000 })
sim.link(client, server, { delay = "10ms" })

local SIZE = 100000
local problem
server:listen(80, function(conn)
  conn:recv_all() -- until the client's FIN
  conn:send_bytes(SIZE)
  local ok, err = conn:drain()
  problem = not ok and err or nil
  conn:close()
end)

local got, state = 0, nil
client:spawn(function()
  local conn = client:connect(server, 80)
  conn:send "give me all\n"
  conn:shutdown()
  if not patient then
    sim.sleep(opt.patience)
    return conn:close()
  end
  sim.after("70ms", function() state = conn:state() end)
  got = #conn:recv_all()
  conn:close()
end)

if patient then
  sim.expect("the client reads in FIN-WAIT-2", function() return state, "FIN-WAIT-2" end)
  sim.expect("every byte arrives", function() return got, SIZE end)
else
  sim.expect("the server is cut short by RST", function() return problem, "connection reset by peer" end)
  sim.expect("bytes are missing", function() return client.stats.bytes_delivered < SIZE end)
end
