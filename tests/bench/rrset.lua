-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- wrk's side of scripts/bench: one RRset read or written per request, the same for all competitors.
-- From the environment: TARGET (bare, coregate, powerdns), OP (get, put), ZONES (names with spaces
-- between), RECORDS (of each zone: w0, w1, …), SECRET (token or API key). Prints one line RESULT.

local target, op = os.getenv("TARGET"), os.getenv("OP")
local records, secret = tonumber(os.getenv("RECORDS")), os.getenv("SECRET")
local zones = {}
for zone in os.getenv("ZONES"):gmatch("%S+") do
	zones[#zones + 1] = zone
end

local threads = {}

function setup(thread)
	thread:set("number", #threads)
	threads[#threads + 1] = thread
end

local headers = { ["Content-Type"] = "application/json" }
if target == "powerdns" then
	headers["X-API-Key"] = secret
else
	headers["Authorization"] = "Bearer " .. secret
end

local function pick()
	local zone = zones[math.random(#zones)]
	return zone, "w" .. math.random(0, records - 1) .. "." .. zone
end

local function read()
	local zone, name = pick()
	if target == "powerdns" then
		return wrk.format("GET", "/api/v1/servers/localhost/zones/" .. zone ..
			".?rrset_name=" .. name .. ".&rrset_type=A", headers)
	end
	return wrk.format("GET", "/api/v1/dns/records/" .. name .. "/A", headers)
end

-- No value comes twice within a run of less than a day, so each write changes something.
local counter

local function write()
	local zone, name = pick()
	counter = counter + 1
	local value = string.format("%d.%d.%d.%d", 11 + counter / 16777216 % 200,
		counter / 65536 % 256, counter / 256 % 256, counter % 256)
	if target == "powerdns" then
		return wrk.format("PATCH", "/api/v1/servers/localhost/zones/" .. zone .. ".", headers,
			'{"rrsets":[{"name":"' .. name .. '.","type":"A","ttl":300,"changetype":"REPLACE",' ..
			'"records":[{"content":"' .. value .. '","disabled":false}]}]}')
	end
	return wrk.format("PUT", "/api/v1/dns/records/" .. name .. "/A", headers,
		'{"values":["' .. value .. '"],"ttl":300}')
end

local prepared = {}
local next_one = 0

function init()
	math.randomseed(os.time() * 2 + number)
	-- Half of the 31 bits for each thread, 25,000 a second from the second the run began.
	counter = os.time() % 43200 * 25000 + number * 1100000000
	for i = 1, 4096 do
		prepared[i] = read()
	end
end

function request()
	if op == "put" then
		return write()
	end
	next_one = next_one % #prepared + 1
	return prepared[next_one]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format("RESULT %.1f %d %d %d %d\n", summary.requests / summary.duration * 1e6,
		latency:percentile(50), latency:percentile(99), summary.requests,
		e.connect + e.read + e.write + e.status + e.timeout))
end
