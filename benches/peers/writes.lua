-- Makes one point after the other, each with a number of its own; says at the end what came of it as one line of JSON.
-- wrk -s writes.lua URL -- PATH PREFIX [Header: value]...

local path, prefix
local headers = { ["Content-Type"] = "application/geo+json" }
local n = 0

function init(args)
    path, prefix = args[1], args[2]
    for i = 3, #args do
        local name, value = args[i]:match("^([^:]+): (.*)$")
        headers[name] = value
    end
end

function request()
    n = n + 1
    local body = string.format(
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[%.9f,%.9f]},' ..
        '"properties":{"boundary":"bench","number":"%s%d","sigma_m":0.05}}',
        70 + n % 1000 * 0.01, 30 + n % 777 * 0.01, prefix, n)
    return wrk.format("POST", path, headers, body)
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"bytes":%d,"bad":%d,"p50_ms":%.4f,"p99_ms":%.4f}\n',
        summary.requests, summary.duration / 1e6, summary.bytes,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
