-- wrk -s load.lua URL -- REQUESTS KEYS [PER_SECOND]
--
-- REQUESTS names a file of whole HTTP requests, divided by the byte 30; they are sent in turn. The
-- byte 31 in one stands for a fresh idempotency key, which begins with KEYS. With
-- PER_SECOND each waits for its time, and no more are sent, however fast the answers come.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } load_time; int clock_gettime(int, load_time*);")
local MONOTONIC, time = 1, ffi.new("load_time")
local heads, tails, sent, keys = {}, {}, 0, ""

local function now_ms()
   ffi.C.clock_gettime(MONOTONIC, time)
   return tonumber(time.s) * 1e3 + tonumber(time.ns) / 1e6
end

-- What no connection was free to send in time is not made up for.
local function paced(per_second)
   local due = now_ms()
   return function()
      local now = now_ms()
      due = math.max(due + 1e3 / per_second, now)
      return due - now
   end
end

function init(args)
   keys = args[2]
   local file = assert(io.open(args[1], "rb"))
   for whole in file:read("*a"):gmatch("[^\30]+") do
      local head, tail = whole:match("^(.-)\31(.*)$")
      heads[#heads + 1] = head or whole
      tails[#tails + 1] = tail or false
   end
   file:close()
   if args[3] then
      delay = paced(tonumber(args[3]))  -- wrk asks it before each request
   end
end

function request()
   sent = sent + 1
   local turn = sent % #heads + 1
   if tails[turn] then
      return heads[turn] .. keys .. sent .. tails[turn]
   end
   return heads[turn]
end

-- One line of JSON; latencies in milliseconds.
function done(summary, latency)
   local errors, shown = summary.errors, {}
   for percent = 1, 99 do
      shown[percent] = string.format('"%d":%.3f', percent, latency:percentile(percent) / 1e3)
   end
   shown[#shown + 1] = string.format('"99.9":%.3f', latency:percentile(99.9) / 1e3)
   io.write(string.format(
      '{"requests":%d,"seconds":%.4f,"refused":%d,"broken":%d,"latency_ms":{%s}}\n',
      summary.requests, summary.duration / 1e6, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, table.concat(shown, ",")))
end
