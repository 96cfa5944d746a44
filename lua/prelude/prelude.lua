-- SPDX-License-Identifier: MIT
-- The part of the library that is Lua: whatever calls a function of the script
-- that may wait, since a step cannot be reached through a C function that calls
-- back. Compiled into a state at its first use.
--
-- The only globals here are the engine's primitives (lua/lib_flow.c), handed in as
-- the chunk's argument: a script that replaces its own `pairs` changes nothing.
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

return prelude
