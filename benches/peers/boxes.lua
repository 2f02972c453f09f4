-- Asks for the paths of a file, one after the other, over and over; says at the end what came of it as one line of JSON.
-- wrk -s boxes.lua URL -- FILE [Header: value]...

local paths = {}
local headers = {}
local at = 0

function init(args)
    for line in io.lines(args[1]) do
        paths[#paths + 1] = line
    end
    for i = 2, #args do
        local name, value = args[i]:match("^([^:]+): (.*)$")
        headers[name] = value
    end
end

function request()
    at = at % #paths + 1
    return wrk.format("GET", paths[at], headers)
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"bytes":%d,"bad":%d,"p50_ms":%.4f,"p99_ms":%.4f}\n',
        summary.requests, summary.duration / 1e6, summary.bytes,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
