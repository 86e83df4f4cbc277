--- The application is too slow to accept. What does the client see?
--
-- What people believe: "a full queue refuses connections". The handshake's last ACK is dropped, as
-- if the network had lost it: the client is ESTABLISHED and may even send, the server still in
-- SYN-RECEIVED and repeats its SYN,ACK, until there is room. With abort_on_overflow it says RST.
local sim = require "tcpsim"

local opt = sim.options {
  abort_on_overflow = { false, true, help = "answer RST instead of staying silent" },
}

local server = sim.host("server", {
  ip = "10.0.0.100",
  iss = { 7000, 8000 },
  abort_on_overflow = opt.abort_on_overflow,
})
local switch = sim.switch { server, name = "switch", delay = "5ms" }

local listener = server:listen(80, { backlog = 1 })

local results = {}
for i = 1, 2 do
  local client = sim.host("client" .. i, { ip = "10.0.0." .. i, iss = 1000 * i })
  sim.link(client, switch, { delay = "5ms" })
  client:after(i * 0.1, function()
    local conn, err = client:connect(server, 80)
    results[i] = conn and "ESTABLISHED" or err
    conn:send "hello"
    local _, problem = conn:recv_all()
    results[i] = problem or "served"
    conn:close()
  end)
end

local seen
sim.at("1s", function()
  seen = results[2] .. " at the client"
  for _, socket in ipairs(server:sockets()) do
    if socket.state == "SYN-RECEIVED" then seen = seen .. ", SYN-RECEIVED at the server" end
  end
end)

server:at("2.5s", function() -- at last the application accepts
  for _ = 1, 2 do
    local conn = listener:accept { timeout = "20s" }
    if conn then
      conn:recv(5)
      conn:close()
    end
  end
end)

sim.expect("the ends disagree while the queue is full", function()
  if opt.abort_on_overflow then return seen, "connection reset by peer at the client" end
  return seen, "ESTABLISHED at the client, SYN-RECEIVED at the server"
end)
sim.expect("the first client is served", function() return results[1], "served" end)
sim.expect("the second client is served once there is room, or was told at once", function()
  return results[2], opt.abort_on_overflow and "connection reset by peer" or "served"
end)
sim.expect("the overflow was counted", function() return server.stats.listen_overflows > 0 end)
