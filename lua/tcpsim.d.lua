---@meta tcpsim
-- Annotations for editors (LuaLS): every function, field and option of the scenario API.
-- docs/LUA_API.md teaches it; tests/meta/lua_api.sh holds the two and the program together.

---@alias tcpsim.Duration number|string # seconds, or a text: "250us", "40ms", "3.005s", "2min", "1h"
---@alias tcpsim.Rate number|string # bits a second, or a text: "64kbit", "20Mbit", "1Gbit", "10MB/s"
---@alias tcpsim.Size integer|string # bytes, or a text: "64kB" (1000s), "64KiB" (1024s)
---@alias tcpsim.Fraction number|string # 0 to 1, or a text: "1%"
---@alias tcpsim.Address string # "10.0.0.1", "fd00::1"
---@alias tcpsim.Prefix string # "10.0.0.0/8", "2001:db8::/32"
---@alias tcpsim.Flags string # packetdrill's letters (F S R P . U E W), "S.", or names, "SYN,ACK"
---@alias tcpsim.Node tcpsim.Host|tcpsim.Router|tcpsim.Switch
---@alias tcpsim.State "CLOSED"|"LISTEN"|"SYN-SENT"|"SYN-RECEIVED"|"ESTABLISHED"|"FIN-WAIT-1"|"FIN-WAIT-2"|"CLOSE-WAIT"|"CLOSING"|"LAST-ACK"|"TIME-WAIT"
---@alias tcpsim.Code string # errno's name, "ECONNRESET"; "EOF" at the end of a stream

---@class sim
local sim = {}

-- ---- the world ----------------------------------------------------------------------------------

--- Make a host.
---@param name string unique, at most 31 characters
---@param options? tcpsim.HostOptions
---@return tcpsim.Host
function sim.host(name, options) end

--- Make a router: it forwards by prefix and lowers the TTL.
---@param name string
---@return tcpsim.Router
function sim.router(name) end

--- Make a switch with a link to each host of the list.
---@param options tcpsim.SwitchOptions|tcpsim.Node[]
---@return tcpsim.Switch
function sim.switch(options) end

--- Join two nodes.
---@param a tcpsim.Node
---@param b tcpsim.Node
---@param options? tcpsim.LinkOptions
---@return tcpsim.Link
function sim.link(a, b, options) end

--- Declare what the user of the scenario may choose with --set; returns the values in force.
---@param options table<string, tcpsim.DeclarationOptions|boolean|number|string>
---@return table<string, any>
function sim.options(options) end

-- ---- time ---------------------------------------------------------------------------------------

--- The virtual time in seconds.
---@return number
function sim.now() end

--- Let time pass. Only in an application.
---@param duration tcpsim.Duration
function sim.sleep(duration) end

--- A duration in seconds.
---@param duration tcpsim.Duration
---@return number
function sim.duration(duration) end

--- Run `fn` as an application of nobody, with the arguments given.
---@param fn fun(...)
---@param ... any
function sim.spawn(fn, ...) end

--- Run `fn` at a time of the run.
---@param time tcpsim.Duration
---@param fn fun()
---@return tcpsim.Timer
function sim.at(time, fn) end

--- Run `fn` once so much time has passed.
---@param delay tcpsim.Duration
---@param fn fun()
---@return tcpsim.Timer
function sim.after(delay, fn) end

--- Run `fn(i)` again and again, with i = 1, 2, 3, ...
---@param interval tcpsim.Duration
---@param options tcpsim.EveryOptions
---@param fn fun(i: integer)
---@return tcpsim.Timer
---@overload fun(interval: tcpsim.Duration, fn: fun(i: integer)): tcpsim.Timer
function sim.every(interval, options, fn) end

--- End the run at this time, though there would be more to happen.
---@param time tcpsim.Duration
function sim.stop_at(time) end

--- End the run now.
function sim.stop() end

-- ---- telling and judging ------------------------------------------------------------------------

--- Tell the reader of the trace something, beside a host or beside nobody.
---@param host tcpsim.Host
---@param format string
---@param ... any for string.format
---@overload fun(format: string, ...: any)
function sim.note(host, format, ...) end

--- Record a result; it is shown at the end.
---@param name string
---@param value any
function sim.measure(name, value) end

--- Check at the end of the run. Passes when `fn` returns true, or two values that are equal; else a
--- second value that is a text says why.
---@param label string
---@param fn fun(): any, any
function sim.expect(label, fn) end

--- Check now that two values are equal; tables are compared by their contents.
---@param got any
---@param want any
---@param format? string
---@param ... any
---@return boolean equal
function sim.expect_eq(got, want, format, ...) end

--- Check now that a condition holds; returns it.
---@generic T
---@param condition T
---@param format? string
---@param ... any
---@return T
function sim.check(condition, format, ...) end

-- ---- values -------------------------------------------------------------------------------------

--- The index-th address of a prefix, counted from 0; it wraps around within the prefix.
---@param prefix tcpsim.Prefix
---@param index integer
---@return tcpsim.Address
function sim.ip(prefix, index) end

--- A text of so many bytes: "abc...zabc...".
---@param count tcpsim.Size
---@return string
function sim.bytes(count) end

--- math.random, which draws from the run's seed, too.
---@param m? integer
---@param n? integer
---@return number
function sim.random(m, n) end

--- The sentence for an errno name.
---@param code tcpsim.Code
---@return string
function sim.strerror(code) end

-- ---- option tables ------------------------------------------------------------------------------

---@class tcpsim.DeclarationOptions
---@field [integer] boolean|number|string the default, then the other choices
---@field min? number|string
---@field max? number|string
---@field help? string

---@class tcpsim.HostOptions
---@field ip? tcpsim.Address default 10.0.0.N and fd00::N
---@field ips? tcpsim.Address[] up to 4, instead of ip
---@field iss? integer|integer[] initial sequence numbers of the first connections, up to 16
---@field ports? integer[] { first, last } of ephemeral ports; 49152 to 65535
---@field handshake? "three-way"|"two-way"|"four-way"
---@field rules? table<string, boolean> rules to switch off: { time_wait = false }
---@field msl? tcpsim.Duration 30 s; TIME-WAIT lasts twice this
---@field rto_initial? tcpsim.Duration 1 s
---@field rto_min? tcpsim.Duration 1 s
---@field rto_max? tcpsim.Duration 120 s
---@field clock_granularity? tcpsim.Duration 1 ms
---@field delayed_ack? tcpsim.Duration|false 40 ms
---@field persist_max? tcpsim.Duration 60 s
---@field fin_wait_2_timeout? tcpsim.Duration 0: none
---@field user_timeout? tcpsim.Duration 0: none
---@field syn_retries? integer 6
---@field syn_ack_retries? integer 5
---@field data_retries? integer 15
---@field mss? integer from the MTU of the first link
---@field rcvbuf? tcpsim.Size 65535
---@field sndbuf? tcpsim.Size 262144
---@field initial_window? integer segments; 10
---@field nagle? boolean true
---@field abort_on_overflow? boolean false

---@class tcpsim.DirectionOptions
---@field delay? tcpsim.Duration 0
---@field rate? tcpsim.Rate 0: sending takes no time
---@field jitter? tcpsim.Duration added to the delay: uniform over 0 .. jitter
---@field jitter_keeps_order? boolean false
---@field loss? tcpsim.Fraction 0
---@field burst? tcpsim.BurstOptions
---@field loss_every? integer every n-th packet is lost
---@field duplicate? tcpsim.Fraction 0
---@field duplicate_delay? tcpsim.Duration the copy comes this much later: uniform over 0 .. it
---@field reorder? tcpsim.Fraction 0
---@field reorder_delay? tcpsim.Duration by how much such packets are late
---@field corrupt? tcpsim.Fraction 0
---@field mtu? integer 1500
---@field queue? tcpsim.Size|string bytes, or "100 packets"; 0: no limit

---@class tcpsim.LinkOptions: tcpsim.DirectionOptions
---@field forward? tcpsim.DirectionOptions from the first end to the second only
---@field backward? tcpsim.DirectionOptions

---@class tcpsim.SwitchOptions: tcpsim.LinkOptions
---@field [integer] tcpsim.Node
---@field name? string

---@class tcpsim.BurstOptions
---@field to_bad tcpsim.Fraction chance per packet to enter the bad state
---@field to_good tcpsim.Fraction chance per packet to leave it
---@field bad_loss? tcpsim.Fraction 1
---@field good_loss? tcpsim.Fraction 0

---@class tcpsim.EveryOptions
---@field start? tcpsim.Duration time of the first call; now and one interval
---@field stop? tcpsim.Duration no call at this time or later
---@field times? integer

---@class tcpsim.WaitOptions
---@field timeout? tcpsim.Duration

---@class tcpsim.ListenOptions
---@field backlog? integer accept queue, connections; 128
---@field syn_backlog? integer SYN queue; the backlog
---@field ip? tcpsim.Address every address of the host
---@field accept? boolean false: nobody ever takes a connection

---@class tcpsim.ConnectOptions
---@field timeout? tcpsim.Duration until TCP gives up
---@field local_port? integer an ephemeral one
---@field ip? tcpsim.Address the local address

---@class tcpsim.InjectOptions
---@field dst tcpsim.Host|tcpsim.Address
---@field sport integer
---@field dport integer
---@field flags tcpsim.Flags
---@field src? tcpsim.Host|tcpsim.Address the host's own
---@field seq? integer 0
---@field ack? integer 0
---@field win? integer 65535
---@field options? string|string[] "mss 1460,nop,wscale 7", or bytes: "0x020405b4"
---@field data? string
---@field ttl? integer 64

---@class tcpsim.MatchOptions
---@field from? tcpsim.Node the end that sends it into the link
---@field flags? tcpsim.Flags just these flags; "S*": these, whatever the others
---@field len? integer|string payload bytes: 12, ">0", "<=100", "1..100"
---@field seq? integer
---@field ack? integer
---@field sport? integer
---@field dport? integer
---@field src? tcpsim.Host|tcpsim.Prefix
---@field dst? tcpsim.Host|tcpsim.Prefix
---@field after? tcpsim.Duration entered the link at this time or later
---@field before? tcpsim.Duration
---@field nth? integer only the n-th packet that fits
---@field every? integer only each n-th packet that fits
---@field limit? integer act on at most so many
---@field copies? boolean also on copies that the network made; false

---@class tcpsim.CopyOptions
---@field arrive_at? tcpsim.Duration time of the run
---@field by? tcpsim.Duration later than the packet itself; 0
---@field copies? integer 1; further ones come `by` later each
---@field label? string

---@class tcpsim.DelayOptions
---@field arrive_at? tcpsim.Duration
---@field by? tcpsim.Duration
---@field label? string

---@class tcpsim.CorruptOptions
---@field bit? integer counted from the first of the IP header; drawn if absent
---@field label? string

---@class tcpsim.AnswerOptions
---@field delay? tcpsim.Duration
---@field arrive_at? tcpsim.Duration
---@field copy? tcpsim.Duration

-- ---- nodes --------------------------------------------------------------------------------------

---@class tcpsim.Host
---@field name string
---@field ip tcpsim.Address the first address
---@field ips tcpsim.Address[]
---@field stats tcpsim.HostStats
local Host = {}

--- Run `fn` as an application of the host, with the arguments given.
---@param fn fun(...)
---@param ... any
function Host:spawn(fn, ...) end

---@param time tcpsim.Duration
---@param fn fun()
---@return tcpsim.Timer
function Host:at(time, fn) end

---@param delay tcpsim.Duration
---@param fn fun()
---@return tcpsim.Timer
function Host:after(delay, fn) end

---@param interval tcpsim.Duration
---@param options tcpsim.EveryOptions
---@param fn fun(i: integer)
---@return tcpsim.Timer
---@overload fun(self: tcpsim.Host, interval: tcpsim.Duration, fn: fun(i: integer)): tcpsim.Timer
function Host:every(interval, options, fn) end

--- Wait for connections; each gets an application that runs `fn(conn)`.
---@param port integer
---@param options tcpsim.ListenOptions
---@param fn? fun(conn: tcpsim.Conn)
---@return tcpsim.Listener
---@overload fun(self: tcpsim.Host, port: integer, fn?: fun(conn: tcpsim.Conn)): tcpsim.Listener
function Host:listen(port, options, fn) end

--- Open a connection. Waits.
---@param destination tcpsim.Host|tcpsim.Address
---@param port integer
---@param options? tcpsim.ConnectOptions
---@return tcpsim.Conn? conn
---@return string? error
---@return tcpsim.Code? code
function Host:connect(destination, port, options) end

--- Send a crafted packet.
---@param options tcpsim.InjectOptions
function Host:inject(options) end

--- The state of the newest connection with this port at either end, or of a connection.
---@param what integer|tcpsim.Conn
---@return tcpsim.State
function Host:state(what) end

--- All sockets: listeners first, then the others, the oldest first.
---@return (tcpsim.Status|{ conn: tcpsim.Conn? })[]
function Host:sockets() end

--- A power failure: connections and applications are gone, and nobody is told.
function Host:crash() end

--- Send what is for the prefix by this link.
---@param prefix tcpsim.Prefix
---@param link tcpsim.Link
function Host:route(prefix, link) end

---@class tcpsim.Router
---@field name string
local Router = {}

---@param prefix tcpsim.Prefix
---@param link tcpsim.Link
function Router:route(prefix, link) end

---@class tcpsim.Switch
---@field name string
local Switch = {}

--- The link that leads to a node.
---@param node tcpsim.Node
---@return tcpsim.Link
function Switch:link(node) end

---@param prefix tcpsim.Prefix
---@param link tcpsim.Link
function Switch:route(prefix, link) end

---@class tcpsim.HostStats
---@field packets_sent integer
---@field packets_received integer
---@field segments_sent integer
---@field segments_received integer
---@field segments_retransmitted integer
---@field data_segments_sent integer
---@field data_segments_received integer
---@field syn_sent integer segments with SYN set
---@field syn_received integer
---@field rst_sent integer
---@field rst_received integer
---@field active_opens integer
---@field passive_opens integer
---@field failed_attempts integer
---@field established integer connections that reached ESTABLISHED
---@field accepted integer connections that an application took
---@field established_resets integer
---@field checksum_errors integer
---@field timeouts integer of the retransmission timer
---@field listen_drops integer SYNs dropped because the SYN queue was full
---@field listen_overflows integer handshakes held up because the accept queue was full
---@field syn_queue_max integer
---@field accept_queue_max integer
---@field time_wait_max integer
---@field time_waits integer connections that entered TIME-WAIT
---@field no_port integer segments for a port where nobody listens
---@field bytes_delivered integer
---@field foreign_bytes_delivered integer bytes that another incarnation had written
---@field retransmits tcpsim.Retransmits

---@class tcpsim.Retransmits
---@field syn integer
---@field syn_ack integer
---@field data integer
---@field fin integer

---@class tcpsim.Timer
---@field pending boolean whether it will fire again
---@field fired integer how often it fired
local Timer = {}

function Timer:cancel() end

-- ---- connections --------------------------------------------------------------------------------

---@class tcpsim.Listener
---@field host tcpsim.Host
---@field port integer
---@field waiting integer connections in the accept queue
local Listener = {}

--- Take the oldest connection. Waits.
---@param options? tcpsim.WaitOptions
---@return tcpsim.Conn? conn
---@return string? error
---@return tcpsim.Code? code
function Listener:accept(options) end

function Listener:close() end

---@class tcpsim.Conn
---@field host tcpsim.Host
---@field local_ip tcpsim.Address
---@field local_port integer
---@field remote_ip tcpsim.Address
---@field remote_port integer
local Conn = {}

--- Send a text; formatted if there are further arguments. Waits while the send buffer is full.
---@param format string
---@param ... any for string.format; a table at the end is { timeout = ... }
---@return true? ok
---@return string? error
---@return tcpsim.Code? code
---@return integer? sent bytes taken before the error
function Conn:send(format, ...) end

--- Send so many bytes that cost no memory.
---@param count tcpsim.Size
---@param options? tcpsim.WaitOptions
---@return true? ok
---@return string? error
---@return tcpsim.Code? code
---@return integer? sent
function Conn:send_bytes(count, options) end

--- Wait until every byte is acknowledged.
---@param options? tcpsim.WaitOptions
---@return true? ok
---@return string? error
---@return tcpsim.Code? code
function Conn:drain(options) end

--- Exactly so many bytes; fewer only at the end of the stream. Waits.
---@param count tcpsim.Size
---@param options? tcpsim.WaitOptions
---@return string? data
---@return string? error
---@return tcpsim.Code? code
function Conn:recv(count, options) end

--- What there is, at least one byte. Waits.
---@param most? tcpsim.Size 65536
---@param options? tcpsim.WaitOptions
---@return string? data
---@return string? error
---@return tcpsim.Code? code
---@overload fun(self: tcpsim.Conn, options: tcpsim.WaitOptions): string?, string?, tcpsim.Code?
function Conn:recv_some(most, options) end

--- The next line, without its end. Waits.
---@param options? tcpsim.WaitOptions
---@return string? line
---@return string? error
---@return tcpsim.Code? code
function Conn:recv_line(options) end

--- Everything up to the end of the stream. Waits.
---@param options? tcpsim.WaitOptions
---@return string? data
---@return string? error
---@return tcpsim.Code? code
function Conn:recv_all(options) end

--- One HTTP message. Waits.
---@param options? tcpsim.WaitOptions
---@return tcpsim.HttpMessage? message
---@return string? error
---@return tcpsim.Code? code
function Conn:recv_http(options) end

--- Iterate over lines, or over what is between separators. Waits.
---@param separator? string "\n"
---@return fun(): string?
function Conn:lines(separator) end

--- Throw away so many bytes, or all to the end of the stream; returns how many. Waits.
---@param count? tcpsim.Size
---@param options? tcpsim.WaitOptions
---@return integer? count
---@return string? error
---@return tcpsim.Code? code
---@overload fun(self: tcpsim.Conn, options: tcpsim.WaitOptions): integer?, string?, tcpsim.Code?
function Conn:skip(count, options) end

--- Close our direction; reading goes on.
---@return true? ok
---@return string? error
---@return tcpsim.Code? code
function Conn:shutdown() end

--- Close, and give the connection up.
function Conn:close() end

--- Reset the connection, and give it up.
function Conn:abort() end

--- Wait until the connection is CLOSED or in TIME-WAIT.
---@param options? tcpsim.WaitOptions
---@return true? ok
---@return string? error
---@return tcpsim.Code? code
function Conn:wait_closed(options) end

---@return tcpsim.State
function Conn:state() end

--- Why the connection ended; nothing while it has not, or when it ended well.
---@return string? error
---@return tcpsim.Code? code
function Conn:error() end

--- All that TCP knows of the connection.
---@return tcpsim.Status
function Conn:status() end

---@class tcpsim.Status
---@field state tcpsim.State
---@field local_addr tcpsim.Address
---@field remote_addr tcpsim.Address
---@field local_port integer
---@field remote_port integer 0 for a listener
---@field iss integer
---@field irs integer
---@field snd_una integer
---@field snd_nxt integer
---@field snd_wnd integer
---@field rcv_nxt integer
---@field rcv_wnd integer
---@field mss integer
---@field cwnd_bytes integer
---@field ssthresh_bytes integer
---@field bytes_sent integer
---@field bytes_acked integer
---@field bytes_received integer
---@field send_queue_bytes integer
---@field receive_queue_bytes integer
---@field srtt number seconds; 0 before the first sample
---@field rttvar number
---@field rto number
---@field retransmits integer
---@field backoff integer
---@field error string?
---@field timer string?
---@field timer_expires number?

---@class tcpsim.HttpMessage
---@field version string "HTTP/1.1"
---@field headers table<string, string> names in lower case
---@field body string
---@field status? integer of a response
---@field reason? string
---@field method? string of a request
---@field target? string

-- ---- links --------------------------------------------------------------------------------------

---@class tcpsim.Link
---@field a tcpsim.Node the first end
---@field b tcpsim.Node the second end
---@field stats { forward: tcpsim.LinkStats, backward: tcpsim.LinkStats } as of now
local Link = {}

--- Change parameters from now on; returns the link.
---@param options tcpsim.LinkOptions
---@return tcpsim.Link
function Link:set(options) end

--- From now on the link loses what enters it.
function Link:down() end

function Link:up() end

--- Begin a rule about packets that enter the link; say with a method of the rule what happens.
---@param options tcpsim.MatchOptions
---@return tcpsim.Rule
function Link:match(options) end

--- Call `fn` for every packet, copies too; what it returns decides (see Rule:call).
---@param fn fun(packet: tcpsim.Packet): nil|"pass"|"drop"|"hold"|"corrupt"|tcpsim.AnswerOptions
---@return tcpsim.Rule
function Link:on_packet(fn) end

---@class tcpsim.LinkStats
---@field entered integer packets
---@field copied integer
---@field delivered integer
---@field dropped integer
---@field in_flight integer
---@field held integer
---@field bytes_entered integer
---@field bytes_delivered integer
---@field queue_bytes_max integer
---@field queue_packets_max integer

---@class tcpsim.Rule
---@field hits integer how many packets it acted on
---@field link tcpsim.Link
local Rule = {}

--- Lose the packets.
---@param label? string shown beside the loss
---@return tcpsim.Rule
function Rule:drop(label) end

--- Let them pass, and make copies that arrive later.
---@param options? tcpsim.CopyOptions|tcpsim.Duration
---@return tcpsim.Rule
function Rule:copy(options) end

--- Let them arrive later.
---@param options tcpsim.DelayOptions|tcpsim.Duration
---@return tcpsim.Rule
function Rule:delay(options) end

--- Hold them back until release.
---@param label? string
---@return tcpsim.Rule
function Rule:hold(label) end

--- Let go what was held; returns how many packets.
---@return integer
function Rule:release() end

--- Flip one bit.
---@param options? tcpsim.CorruptOptions
---@return tcpsim.Rule
function Rule:corrupt(options) end

--- Ask a function; nil and "pass" let the packet go on.
---@param fn fun(packet: tcpsim.Packet): nil|"pass"|"drop"|"hold"|"corrupt"|tcpsim.AnswerOptions
---@return tcpsim.Rule
function Rule:call(fn) end

--- Stop acting.
function Rule:remove() end

--- What a callback is given; it may be looked at only until the callback returns.
---@class tcpsim.Packet
---@field id integer
---@field copy_of integer? the packet that the network copied
---@field from tcpsim.Host? who has the source address
---@field to tcpsim.Host?
---@field src tcpsim.Address
---@field dst tcpsim.Address
---@field sport integer
---@field dport integer
---@field flags tcpsim.Flags
---@field seq integer
---@field ack integer
---@field win integer
---@field len integer payload bytes
---@field size integer bytes with headers
---@field ttl integer
---@field options string "mss 1460"
---@field data string
---@field injected boolean
---@field corrupted boolean

return sim
