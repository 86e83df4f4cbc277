--- Both ends close at the same moment, and their FINs cross.
--
-- What people believe: "one end is the active closer, the other the passive one". Here both are.
-- Each has sent its FIN when the other's arrives: CLOSING. The ACKs cross as well, and both ends wait
-- in TIME-WAIT, for each sent an ACK that might have to be repeated.
local sim = require "tcpsim"

local a = sim.host("a", { iss = 100 })
local b = sim.host("b", { iss = 300 })
sim.link(a, b, { delay = "10ms" })

b:listen(80, function(conn)
  sim.sleep "90ms" -- accepted at 30 ms
  conn:close()
end)
a:spawn(function()
  local conn = a:connect(b, 80)
  sim.sleep "100ms" -- connected at 20 ms
  conn:close()
end)

local crossing
sim.at("135ms", function() crossing = a:state(80) .. " " .. b:state(80) end)

sim.expect("both were in CLOSING", function() return crossing, "CLOSING CLOSING" end)
sim.expect("both waited in TIME-WAIT", function() return a.stats.time_waits + b.stats.time_waits, 2 end)
sim.expect("all was over after 2MSL", function() return sim.now(), 60.140 end)
