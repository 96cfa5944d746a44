-- host:template: text with {{ expressions }} and {% statements %}. It is translated to Lua,
-- line by line, and run by the sandbox's own load; what is wrong in it is told with the
-- template's file and line.

local function count_lines(s)
    local count, at = 0, scan(s, "\n", 0, -1)
    while at do
        count, at = count + 1, scan(s, "\n", at + 1, -1)
    end
    return count
end

-- The next tag at or behind an offset: where it begins, "{" or "%", what is in it, where
-- the text goes on; nothing in it when it has no end.
local function next_tag(s, at)
    local from = scan(s, "{[{%%]", at, -1)
    if not from then
        return
    end
    local kind = sub(s, from + 2, from + 2)
    local close, to = scan(s, kind == "{" and "}}" or "%%}", from + 2, -1)
    return from, kind, close and sub(s, from + 3, close), to
end

local function throw_at(file, line, message)
    throw { kind = "error", message = file .. ":" .. tostring(line) .. ": " .. message }
end

-- A statement alone on its line takes the line with it: where the text before it ends,
-- and where the one behind it begins.
local function alone(s, at, from, to)
    local start = from
    while start > at and scan(sub(s, start, start), "^[ \t]", 0, -1) do
        start = start - 1
    end
    local _, stop = scan(s, "^[ \t]*\r?\n", to, -1)
    if stop and (start == 0 or sub(s, start, start) == "\n") then
        return start, stop
    end
    return from, to
end

-- The Lua source of a template, its pieces of text, its expressions, and the template's
-- line of each line of the source.
local function translate(file, s)
    local code, pieces, shown, lines, line, at = { "local put, show = ..." }, {}, {}, { 1 }, 1, 0
    local function add(source, most)
        code[#code + 1] = source
        for i = 0, count_lines(source) do
            lines[#lines + 1] = line + (i < most and i or most)
        end
    end
    local function add_text(to)
        if to > at then
            pieces[#pieces + 1] = sub(s, at + 1, to)
            add("put(" .. tostring(#pieces) .. ")", 0)
            line = line + count_lines(pieces[#pieces])
        end
    end
    while true do
        local from, kind, body, to = next_tag(s, at)
        if not from then
            break
        end
        local before, behind = from, to
        if kind == "%" and body then
            before, behind = alone(s, at, from, to)
        end
        add_text(before)
        if not body then
            throw_at(file, line, "'{" .. kind .. "' without '" .. (kind == "{" and "}" or "%") .. "}'")
        elseif kind == "{" then
            shown[#shown + 1] = { line = line, body = body }
            add("show(" .. tostring(#shown) .. ", (" .. body .. "\n))", count_lines(body)) -- it may end in a comment
        else
            add(body, count_lines(body))
        end
        line, at = line + count_lines(sub(s, before + 1, behind)), behind
    end
    add_text(#s)
    return concat(code, "\n"), pieces, shown, lines
end

-- The template's own lines in place of its source's.
local function throw_in(file, lines, message)
    local _, to, line = scan(message, "^%[template%]:(%d+): ", 0, -1)
    if not to then
        rethrow(message)
    end
    local words = prelude.gsub(sub(message, to + 1), "at line (%d+)", function(n)
        return "at line " .. tostring(lines[n + 0] or n)
    end, #message)
    throw_at(file, lines[line + 0] or line, words)
end

local function render(file, s, env)
    local source, pieces, shown, lines = translate(file, s)
    local parts = {}
    local function put(n)
        parts[#parts + 1] = pieces[n]
    end
    local function show(n, value)
        if value == nil or is_table(value) then
            throw_at(file, shown[n].line, "{{" .. shown[n].body .. "}} is " ..
                     (value == nil and "nil" or "a table"))
        end
        parts[#parts + 1] = tostring(value)
    end
    local body, message = load(source, "=[template]", "t", env)
    if not body then
        throw_in(file, lines, message)
    end
    local ok, e = pcall(body, put, show)
    if not ok and not is_table(e) then
        throw_in(file, lines, tostring(e))
    elseif not ok then
        rethrow(e)
    end
    return concat(parts)
end

-- host:template(file, path, vars, options) -> result. What the file sees: its variables,
-- host, and what the script sees.
function prelude.template(host, file, path, vars, options, localhost, globals)
    local s = localhost:read(file)
    local env = setmetatable({ host = host }, {
        __index = function(_, name)
            local value = vars and vars[name]
            if value == nil then
                value = globals[name]
            end
            return value
        end,
    })
    return write_changed(host, path, render(file, s, env), options)
end
