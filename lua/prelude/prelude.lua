-- SPDX-License-Identifier: MIT
-- The part of the library that is Lua: whatever calls a function of the script
-- that may wait, since a step cannot be reached through a C function that calls
-- back. Compiled into a state at its first use.
--
-- The only globals here are the engine's primitives (lua/lib_flow.c), handed in as
-- the chunk's argument: a script that replaces its own `pairs` changes nothing.
--
-- The other files go on where this one ends; waits.lua, the last, returns the prelude.
local _ENV = ...
local prelude = {}

-- The failures of a fork as one error: the first one in path order, with all of
-- them as `failures`, each with its branch.
local function throw_failures(errors, keys, count)
    local failures, first = {}, {}
    for i = 1, count do
        if errors[i] ~= nil then
            local failure = { branch = keys[i] }
            for name, value in pairs(errors[i]) do
                failure[name] = value
            end
            failures[#failures + 1] = error_table(failure)
        end
    end
    for name, value in pairs(failures[1]) do
        first[name] = value
    end
    first.failures = failures
    throw(first)
end

-- Runs the branches and waits for all of them, also when some fail.
local function join(label, items, keys, count, throttle, fn)
    if count == 0 then
        return {}
    end
    local results, errors, failed = fork(label, count, throttle, items, keys, fn)
    if failed then
        throw_failures(errors, keys, count)
    end
    local joined = {}
    for i = 1, count do
        joined[keys[i]] = results[i]
    end
    return joined
end

local function split(items)
    local keys, values, count = {}, {}, 0
    for key, value in pairs(items) do
        count = count + 1
        keys[count], values[count] = key, value
    end
    return keys, values, count
end

-- parallel{ fn, fn } or parallel{ name = fn } -> results under the same keys
function prelude.parallel(branches)
    check(branches, "table", "parallel: the branches")
    local keys, fns, count = split(branches)
    for i = 1, count do
        check(fns[i], "function", "parallel: branch '" .. tostring(keys[i]) .. "'")
    end
    return join("parallel", fns, keys, count, 0, false)
end

-- foreach(items, { throttle = n }?, fn) -> results of fn(item, key) under the keys
function prelude.foreach(items, options, fn)
    if fn == nil then
        options, fn = nil, options
    end
    check(items, "table", "foreach: the items")
    check(fn, "function", "foreach: the last argument")
    local limit = throttle(options)
    local keys, values, count = split(items)
    return join("foreach", values, keys, count, limit, fn)
end

-- Runs fn(host) on each host, a strand and a child of the job for each. One host's
-- failure stops no other; once more than `most` have failed no further host begins.
local function on_each(label, hosts, limit, most, fn)
    local names, failures, count = names(hosts), 0, #hosts
    local set = {} -- fn may change the other one
    for i = 1, count do
        set[i] = hosts[i]
    end
    local skipped, ok, failed, values, errors = {}, {}, {}, {}, {}
    local function branch(host)
        if most >= 0 and failures > most then
            skipped[#skipped + 1] = host
            return
        end
        local done, value = pcall(fn, host)
        if not done then
            if not is_cancelled() then -- whoever stopped it has judged it
                failures = failures + 1
            end
            rethrow(value)
        end
        return value
    end
    local given, raised = fork(label, count, limit, set, names, branch, names)
    local is_skipped = {}
    for i = 1, #skipped do
        is_skipped[skipped[i].name] = true
    end
    for i = 1, count do
        local name = names[i]
        if raised[i] ~= nil then
            failed[#failed + 1], errors[name] = set[i], raised[i]
        elseif not is_skipped[name] then
            ok[#ok + 1], values[name] = set[i], given[i]
        end
    end
    return {
        ok = #failed == 0 and #skipped == 0, values = values, errors = errors,
        succeeded = _ENV.set(ok), failed = _ENV.set(failed), skipped = _ENV.set(skipped),
    }
end

local function check_some(set, label)
    if #set == 0 then
        fail(label .. ": the set of hosts is empty; name them with --hosts")
    end
end

-- hosts:each({ throttle = n, max_failures = n }?, fn) -> results by host
function prelude.each(set, options, fn)
    if fn == nil then
        options, fn = nil, options
    end
    check(fn, "function", "each: the last argument")
    local limit, most = each_options("each", options)
    check_some(set, "each")
    return on_each("each", set, limit, most, fn)
end

-- hosts:run(command, options?) -> results by host
function prelude.run(set, command, options)
    if not is_table(command) then
        check(command, "string", "run: the command")
    end
    check_some(set, "run")
    return on_each("run", set, 0, -1, function(host)
        return host:run(command, options)
    end)
end

-- The hosts in groups, of the sizes given; the last size repeats.
local function cut(label, set, sizes)
    local groups, at, which = {}, 1, 1
    for i = 1, sizes[1] == nil and 1 or #sizes do
        batch_size(label, sizes[i], #set)
    end
    while at <= #set do
        local size, group = batch_size(label, sizes[which], #set), {}
        for i = at, at + size - 1 do
            group[#group + 1] = set[i]
        end
        groups[#groups + 1] = _ENV.set(group)
        at = at + size
        which = sizes[which + 1] ~= nil and which + 1 or which
    end
    return groups
end

-- hosts:batches(size) or hosts:batches{ size, size, ... } -> list of sets
function prelude.batches(set, sizes)
    if not is_table(sizes) then
        sizes = { sizes }
    end
    return cut("batches", set, sizes)
end

-- hosts:rolling({ batches = { 1, "25%" }, pause = t, max_failures = n }?, fn) -> results
function prelude.rolling(set, options, fn)
    if fn == nil then
        options, fn = nil, options
    end
    check(fn, "function", "rolling: the last argument")
    local sizes, pause, most = rolling_options("rolling", options)
    check_some(set, "rolling")
    local all = { ok = true, values = {}, errors = {} }
    local succeeded, failed, begun = {}, {}, 0
    local groups = cut("rolling", set, sizes or { 1 })
    for i = 1, #groups do
        local r = on_each("rolling", groups[i], 0, -1, fn)
        begun = begun + #groups[i]
        for k = 1, #r.succeeded do
            local host = r.succeeded[k]
            succeeded[#succeeded + 1], all.values[host.name] = host, r.values[host.name]
        end
        for k = 1, #r.failed do
            local host = r.failed[k]
            failed[#failed + 1], all.errors[host.name] = host, r.errors[host.name]
        end
        if #failed > most then
            fail("rolling: " .. #failed .. " of " .. begun .. " hosts failed (max_failures = " ..
                 most .. "), " .. #set - begun .. " were not begun; the first: " ..
                 failed[1].name .. ": " .. tostring(all.errors[failed[1].name]))
        end
        if pause and i < #groups then
            sleep(pause)
        end
    end
    all.ok = #failed == 0
    all.succeeded, all.failed = _ENV.set(succeeded), _ENV.set(failed)
    all.skipped = _ENV.set({})
    return all
end

-- hosts:filter(fn) -> the set of those for which fn(host) is true
function prelude.filter(set, fn)
    check(fn, "function", "filter: the argument")
    local kept = {}
    for i = 1, #set do
        if fn(set[i]) then
            kept[#kept + 1] = set[i]
        end
    end
    return _ENV.set(kept)
end

local function by_name(set)
    local found = {}
    for i = 1, #set do
        found[set[i].name] = true
    end
    return found
end

-- a + b: the hosts of both, in order, each once
function prelude.union(a, b)
    a, b = check_hosts(a, "+: each side"), check_hosts(b, "+: each side")
    local all, seen = {}, by_name(a)
    for i = 1, #a do
        all[i] = a[i]
    end
    for i = 1, #b do
        if not seen[b[i].name] then
            all[#all + 1], seen[b[i].name] = b[i], true
        end
    end
    return _ENV.set(all)
end

local function keep(a, b, sign, wanted)
    a, b = check_hosts(a, sign .. ": each side"), check_hosts(b, sign .. ": each side")
    local kept, other = {}, by_name(b)
    for i = 1, #a do
        if (other[a[i].name] or false) == wanted then
            kept[#kept + 1] = a[i]
        end
    end
    return _ENV.set(kept)
end

-- a - b, a * b
function prelude.difference(a, b)
    return keep(a, b, "-", false)
end

function prelude.intersection(a, b)
    return keep(a, b, "*", true)
end

local function merge(from, to, low, middle, high, before)
    local a, b = low, middle
    for i = low, high - 1 do
        if a < middle and (b >= high or not before(from[b], from[a])) then
            to[i], a = from[a], a + 1
        else
            to[i], b = from[b], b + 1
        end
    end
end

-- table.sort(list, before): stable
function prelude.sort(list, before)
    local from, to, size, width = {}, {}, #list, 1
    for i = 1, size do
        from[i] = list[i]
    end
    while width < size do
        for low = 1, size, 2 * width do
            local middle, high = low + width, low + 2 * width
            middle = middle > size and size + 1 or middle
            high = high > size and size + 1 or high
            merge(from, to, low, middle, high, before or less)
        end
        from, to, width = to, from, 2 * width
    end
    for i = 1, size do
        list[i] = from[i]
    end
end

local function replacement(with, by_table, whole, ...)
    local value
    if by_table then
        value = with[(...)]
    else
        value = with(...)
    end
    if not value then
        return whole
    end
    return text(value)
end

-- string.gsub(s, pattern, table or function, n)
function prelude.gsub(s, pattern, with, most)
    local parts, at, last, count = {}, 0, -1, 0
    local by_table = is_table(with)
    local function take(from, to, ...)
        if not from then
            return false
        end
        parts[#parts + 1] = sub(s, at + 1, from)
        parts[#parts + 1] = replacement(with, by_table, sub(s, from + 1, to), ...)
        at, last, count = to, to, count + 1
        return true
    end
    while count < most and take(scan(s, pattern, at, last)) do
    end
    parts[#parts + 1] = sub(s, at + 1)
    return concat(parts), count
end
