#!/bin/sh
# SPDX-License-Identifier: MIT
# Every process of ours on the way to a command is killed with KILL while commands run:
# the link's ssh here, the runner there, its reader, both; then those that watch over a
# command, and commands themselves. What only carries a command costs nothing; what is
# the command's own is told as what it is.
. "${0%/*}/lib.sh"
fleet 4

cat >"$work/carried.lua" <<'LUA'
workflow { about = "a long step between two short ones" }
hosts:each(function(h)
  h:run "echo first >>/root/oracle"
  h:run "echo long >>/root/oracle; i=0; until [ -e /root/go ]; do i=$((i + 1)); echo $i; sleep 0.1; done"
  h:run "echo last >>/root/oracle"
end)
LUA
pawl run -d "$work/carried.lua" --hosts 'host[1-4]' --name carried >/dev/null
for h in host1 host2 host3 host4; do try has_counted $h long || fail "$h does not begin"; done

# A file's name in the spool tells the way, the runner, its birth, its reader and its birth.
runner() { on "$1" sh -c 'cd /root/.local/state/pawl/spool/*/* && ls -t runner.*' 2>/dev/null | head -n 1 | cut -d . -f $(($2 + 2)); }
has_new_runner() {
    l_runner=$(runner "$1" 1)
    [ -n "$l_runner" ] && [ "$l_runner" != "$2" ]
}
# HOST PID...
kill_there() { on "$1" sh -c 'for p; do kill -9 "$p"; done 2>/dev/null' kill "$2" ${3+"$3"}; }

# host3's ssh is well and its runner, too, but nobody reads what is asked: that is noticed
# when an answer has not come for half a minute.
reader3=$(runner host3 1)
kill_there host3 "$(runner host3 3)"
for round in 1 2 3; do
    was1=$(runner host1 1) was2=$(runner host2 1) was4=$(runner host4 1)
    kill -9 "$(link_of host1)" || fail "no ssh to host1"
    kill_there host2 "$was2"
    kill_there host4 "$was4" "$(runner host4 3)"
    try has_new_runner host1 "$was1" && try has_new_runner host2 "$was2" &&
        try has_new_runner host4 "$was4" || fail "there is no new runner in round $round"
done
try has_new_runner host3 "$reader3" || fail "nobody notices that host3's reader is gone"
for h in host1 host2 host3 host4; do on $h touch /root/go; done
expect_code 0 pawl wait carried --force --check --timeout 120
for h in host1 host2 host3 host4; do
    same "steps of $h" "$(oracle $h | tr '\n' ' ')" "first long last "
    pawl receive carried --all --host $h >"$work/got"
    seq 1 "$(wc -l <"$work/got")" | cmp -s - "$work/got" || fail "the output of $h is not exact: $(tail -c 100 "$work/got")"
    [ "$(wc -l <"$work/got")" -gt 10 ] || fail "the output of $h is short"
    on $h rm /root/go
done

# host1: the step's shell is killed, its command goes on to its own end and is waited for.
# host2: the shell and the command. host3: the command. host4: the same, with a retry.
cat >"$work/watched.lua" <<'LUA'
workflow { about = "commands that lose who watches them" }
hosts:each(function(h)
  local r = h:run { "echo try >>/root/oracle; echo $$ >/root/pid; echo begun; until [ -e /root/go ]; do sleep 0.05; done; echo end",
                    on_error = "continue", retry = { times = h.name == "host4" and 1 or 0, every = "0s" } }
  print(h.name, r.ok, r.code, r.signal, r.reason)
end)
LUA
pawl run -d "$work/watched.lua" --hosts 'host[1-4]' --name watched >/dev/null
for h in host1 host2 host3 host4; do try has_counted $h try || fail "$h does not begin"; done
# The file of the attempt names its command and, third, the shell that watches over it.
attempts() { on "$1" sh -c 'cat /root/.local/state/pawl/spool/*/*/*-*.pid'; }
has_one_attempt() { [ "$(attempts "$1" | wc -l)" = 1 ]; }
step() { attempts "$1" | cut -d " " -f 3; }
command_of() { on "$1" cat /root/pid; }
for h in host1 host2; do
    try has_one_attempt $h || fail "there is more than one attempt on $h: $(attempts $h)"
done
kill_there host1 "$(step host1)"
kill_there host2 "$(step host2)" "$(command_of host2)"
kill_there host3 "$(command_of host3)"
kill_there host4 "$(command_of host4)"
try has_counted host4 try 2 || fail "host4's is not tried again"
sleep 1 # host1's command is an orphan now, and must be let be
same "it is not given up" "$(child watched host1 state)" Running
for h in host1 host4; do on $h touch /root/go; done
expect_code 0 pawl wait watched --force --timeout 60
told() { pawl receive watched --all --json | jq -r 'select(.host == null and .stream == "output") | .data' | grep "^$1"; }
same "an orphan's end" "$(told host1)" "host1	false	nil	nil	it was killed from outside and left no exit code"
same "nobody is left" "$(told host2)" "host2	false	nil	nil	it was killed from outside and left no exit code"
same "its own end" "$(told host3)" "host3	false	nil	9	nil"
same "the second try" "$(told host4)" "host4	true	0	nil	nil"
same "an orphan's output" "$(pawl receive watched --all --host host1)" "begun
end"
same "tries" "$(for h in host1 host2 host3 host4; do counted $h try; done | tr '\n' ' ')" "1 1 1 2 "

finish
