--- One end has finished, the other still has a megabyte to send.
--
-- What people believe: "close() ends the connection". It ends one direction. The client says FIN and
-- goes on reading for as long as the server has something to say; it waits in FIN-WAIT-2 all the
-- while, and no byte is lost. A time limit on FIN-WAIT-2, which some systems have, cuts it short.
local sim = require "tcpsim"

local opt = sim.options {
  fin_wait_2_timeout = { "none", "100ms", help = "time limit on FIN-WAIT-2 of closed sockets" },
}
local limited = opt.fin_wait_2_timeout ~= "none"

local client = sim.host("client", {
  iss = 1000,
  fin_wait_2_timeout = limited and opt.fin_wait_2_timeout or nil,
  rules = { data_after_close = not limited },
})
local server = sim.host("server", { iss = 7000 })
sim.link(client, server, { delay = "10ms", rate = "20Mbit" })

local SIZE = 1000000
local sent, problem = 0, nil
server:listen(80, function(conn)
  conn:recv_all() -- until the client's FIN
  sim.sleep "50ms"
  local ok, err = conn:send_bytes(SIZE)
  problem = not ok and err or nil
  conn:close()
end)

local got, state = 0, nil
client:spawn(function()
  local conn = client:connect(server, 80)
  conn:send "give me all\n"
  if limited then return conn:close() end
  conn:shutdown()
  sim.after("200ms", function() state = client:state(conn) end)
  got = #conn:recv_all()
  conn:close()
end)

sim.expect("the client reads in FIN-WAIT-2", function()
  if limited then return true end
  return state, "FIN-WAIT-2"
end)
sim.expect("every byte arrives, unless a time limit cuts it short", function()
  if limited then return client.stats.rst_sent > 0 end
  return got, SIZE
end)
