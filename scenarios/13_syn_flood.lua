--- A SYN flood from silent, spoofed addresses; can an honest client still connect?
--
-- What people believe: "a flood needs much bandwidth". Every half-open record stays for 63 seconds
-- while the server repeats its SYN,ACK to nobody. A queue of 128 is kept full by 128 SYNs in 63
-- seconds: two a second. A longer queue or a shorter life only moves the threshold: 16 a second for
-- 1024 records, 43 a second for a life of 3 seconds. Spoofed hosts that exist are harmless: they
-- answer RST, and the record is gone after a round trip.
local sim = require "tcpsim"

local opt = sim.options {
  rate = { 40, min = 1, max = 1000, help = "spoofed SYNs a second" },
  defence = { "none", "longer-queue", "shorter-timeout" },
  live_sources = { false, true, help = "the spoofed hosts exist, and answer RST" },
}
local backlog = opt.defence == "longer-queue" and 1024 or 128
local retries = opt.defence == "shorter-timeout" and 1 or 5 -- gives up after 3 s, or after 63 s

local server = sim.host("server", { ip = "10.0.0.2", syn_ack_retries = retries })
local alice = sim.host("alice", { ip = "10.0.0.1" })
local mallory = sim.host("mallory", { ip = "10.0.0.66" })
local switch = sim.switch { server, alice, mallory, name = "switch", delay = "5ms" }

server:listen(80, { backlog = 128, syn_backlog = backlog }, function(conn)
  conn:send "hello\n"
  conn:close()
end)

if opt.live_sources then
  local neighbour = sim.host("neighbour", { ip = "203.0.113.7" })
  sim.link(neighbour, switch, { delay = "5ms" })
end

mallory:every(1 / opt.rate, function(i)
  local src = opt.live_sources and "203.0.113.7" or sim.ip("198.51.100.0/24", i % 256)
  mallory:inject { src = src, sport = 1024 + i % 60000, dst = server, dport = 80, flags = "S",
                   seq = i, win = 1024 }
end)

local TRIES = 20
local served = 0
alice:at("100s", function() -- by now the flood has filled what it can fill
  for _ = 1, TRIES do
    local conn = alice:connect(server, 80, { timeout = "2s" })
    if conn then
      if conn:recv_line() == "hello" then served = served + 1 end
      conn:close()
    end
    sim.sleep "2.5s"
  end
  sim.measure("alice is served, of " .. TRIES .. " tries", served)
  sim.stop()
end)

-- Records that the flood wants to keep, by Little's law, against those that the queue holds. A place is
-- free for 1/load of the time, when a record has expired and the next SYN has not come yet.
local life = opt.live_sources and 0.02 or (retries == 1 and 3 or 63)
local load = opt.rate * life / backlog
sim.expect("alice is served while the flood cannot fill the queue, and hardly ever at ten times that", function()
  if load <= 1 then return served, TRIES end
  return load < 10 or served < TRIES / 2
end)
sim.expect("SYNs were dropped exactly if the flood fills the queue", function()
  return server.stats.listen_drops > 0, load > 1
end)
sim.expect("the SYN queue is bounded", function() return server.stats.syn_queue_max <= backlog end)
