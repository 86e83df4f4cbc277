--- The SYN is lost again and again.
--
-- What people believe: "a connection attempt fails after some seconds". RFC 6298 doubles the timeout
-- at every expiry: tries follow after 1, 3, 7, 15, 31 and 63 seconds, and after 127 the client gives
-- up. And the loss is remembered: the first data starts with a timeout of 3 seconds (section 5.7).
local sim = require "tcpsim"

local opt = sim.options { lost = { 2, min = 0, max = 7, help = "how many SYNs are lost" } }

local client = sim.host("client", { iss = 1000 })
local server = sim.host("server", { iss = 7000 })
local wire = sim.link(client, server, { delay = "10ms" })

if opt.lost > 0 then wire:match({ from = client, flags = "S", limit = opt.lost }):drop() end

server:listen(80, function(conn) conn:recv_all(); conn:close() end)

local opened_at, failed_at, failure, first_rto
client:spawn(function()
  local conn, err = client:connect(server, 80)
  if not conn then
    failed_at, failure = sim.now(), err
    return
  end
  opened_at = sim.now()
  first_rto = conn:status().rto
  conn:close()
end)

sim.expect("the n-th try comes after 2^n - 1 seconds; after 127 s the client gives up", function()
  if opt.lost == 7 then return failed_at, 127 end
  return opened_at, 2 ^ opt.lost - 1 + 0.020
end)
sim.expect("data begins with a timeout of 3 s after a lost SYN", function()
  if opt.lost == 7 then return failure ~= nil end
  return first_rto, opt.lost == 0 and 1 or 3
end)
