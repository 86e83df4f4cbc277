--- Both ends open at the same moment, and their SYNs cross (RFC 9293, figure 7).
--
-- What people believe: "one must listen, the other must call", or "that would make two
-- connections". Nobody listens here. Both go through SYN-SENT and SYN-RECEIVED, and there is one
-- connection, for a connection is its two pairs of address and port.
local sim = require "tcpsim"

local a = sim.host("a", { ip = "10.0.0.1", iss = 100 })
local b = sim.host("b", { ip = "10.0.0.2", iss = 300 })
sim.link(a, b, { delay = "10ms" })

local states = {}
local function open(me, peer, my_port, peer_port)
  me:spawn(function()
    local conn = me:connect(peer, peer_port, { local_port = my_port })
    states[#states + 1] = conn:state()
    conn:send "hello"
    conn:recv(5)
    sim.sleep "1s"
    conn:close()
  end)
end
open(a, b, 5000, 6000)
open(b, a, 6000, 5000)

local on_the_way
sim.at("15ms", function() on_the_way = a:state(5000) .. " " .. b:state(6000) end)

sim.expect("both were in SYN-RECEIVED", function() return on_the_way, "SYN-RECEIVED SYN-RECEIVED" end)
sim.expect("both are ESTABLISHED", function() return table.concat(states, " "), "ESTABLISHED ESTABLISHED" end)
sim.expect("each host had one connection", function()
  return a.stats.established .. " " .. b.stats.established, "1 1"
end)
sim.expect("it took two SYNs and two SYN,ACKs", function()
  return a.stats.syn_sent + b.stats.syn_sent, 4
end)
