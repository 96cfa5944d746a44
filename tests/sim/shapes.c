// SPDX-License-Identifier: MIT
#include "shapes.h"

#include <stddef.h>

const struct shape shapes[] = {
    { "sequence",
      "for i = 1, 5 do\n"
      "  local r = localhost:run('ms=10 out=step' .. i)\n"
      "  print('saw', r.out)\n"
      "end\n", NULL, 0, 0 },
    { "parallel",
      "local r = parallel {\n"
      "  a = function() return localhost:run('ms=30 out=A').out end,\n"
      "  b = function() return localhost:run('ms=10 out=B').out end,\n"
      "  c = function() sleep(0.02) return localhost:run('ms=5 out=C').out end,\n"
      "}\n"
      "print(r.a, r.b, r.c)\n", NULL, 0, 0 },
    { "nested",
      "local all = foreach({1, 2, 3, 4}, {throttle = 2}, function(i)\n"
      "  local both = parallel {\n"
      "    function() return localhost:run('ms=7 out=x' .. i).out end,\n"
      "    function() sleep('5ms') return localhost:run('ms=3 out=y' .. i).out end,\n"
      "  }\n"
      "  return both[1] .. both[2]\n"
      "end)\n"
      "print(all[1], all[2], all[3], all[4])\n", NULL, 0, 0 },
    { "retry",
      "local ok, e = pcall(function()\n"
      "  localhost:run{'ms=5 out=try code=7', retry = {times = 2, every = '50ms'}}\n"
      "end)\n"
      "print(ok, e.kind, e.code)\n", NULL, 0, 0 },
    { "sleep",
      "for i = 1, 3 do sleep(i) print('slept', i) end\n"
      "localhost:run('out=awake')\n", NULL, 0, 0 },
    { "signal",
      "localhost:run('ms=20 out=before')\n"
      "wait_signal('go')\n"
      "localhost:run('out=after')\n"
      "local v, why = wait_signal('never', {within = '2s'})\n"
      "print(v, why)\n", "go", 0, 0 },
    { "long",
      "local r = localhost:run('ms=5000 out=longer err=warned')\n"
      "print(r.out, r.err, r.code)\n", NULL, 0, 0 },
    { "once",
      "local a = once('a', function() return {1, 2, 'three'} end)\n"
      "local b = once('b', function() return #a end)\n"
      "print(a[3], b)\n"
      "local ok, e = pcall(once, 'c', function() error('inside') end)\n"
      "print(ok, e.kind)\n", NULL, 0, 0 },
    { "undo",
      "undo(function() localhost:run('out=undone1') end)\n"
      "localhost:run('out=did1')\n"
      "undo(function() localhost:run('out=undone2') end)\n"
      "defer(function() localhost:run('out=deferred') end)\n"
      "localhost:run('ms=10 code=3')\n", NULL, 0, 0 },
    { "suspended",
      "localhost:run('out=one')\n"
      "suspend('look at it')\n"
      "localhost:run('out=two')\n"
      "localhost:run{'ms=5 code=4', on_error = 'suspend', retry = 0, ok_codes = {4}}\n", NULL, 1, 0 },
    { "stopped",
      "undo(function() localhost:run('out=undone') end)\n"
      "pcall(function() localhost:run('ms=60000 out=never-ends') end)\n"
      "localhost:run('out=not-reached')\n", NULL, 0, 20000 },
    { "notes",
      "print('hello') log.warn('careful') progress(1, 2, 'half')\n"
      "emit{a = 1, b = {true, 'x'}}\n"
      "localhost:run('out=out')\n"
      "for i = 1, 20 do print('line', i) end\n"
      "progress(2, 2, 'all')\n"
      "fail('on purpose')\n", NULL, 0, 0 },
    { NULL, NULL, NULL, 0, 0 },
};
