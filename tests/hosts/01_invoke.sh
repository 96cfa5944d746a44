#!/bin/sh
# SPDX-License-Identifier: MIT
# pawl invoke: a child for each host, what they print, how they fail, hosts that are not
# there, and names that are no names.
. "${0%/*}/lib.sh"
fleet 4

expect_code 0 pawl invoke --hosts 'host[1-4]' --name names hostname
same "one line of each host" "$(sort "$out")" "host1: host1
host2: host2
host3: host3
host4: host4"
id=$(field names id)
same "the ids of its parts follow its own" "$(pawl get names --children --json |
    jq -r 'select(.parent != null) | "\(.id - '"$id"') \(.host) \(.state)"')" "1 host1 Completed
2 host2 Completed
3 host3 Completed
4 host4 Completed"

# Exactly what a command wrote, on both streams, and nothing of ours in its environment.
expect_code 0 pawl invoke --hosts host1 -c 'printf "a\\nb"; echo "$1|$FOO|$PWD|$HOME" >&2' \
    --env 'FOO=x y' --cwd /srv -- 'first word'
same "its output" "$(cat "$out")" "a
b"
same "its errors" "$(cat "$err")" "first word|x y|/srv|/root"
echo 'some bytes' >"$work/in"
expect_code 0 pawl invoke --hosts host1,host2 --stdin "$work/in" -- cat
same "standard input reaches each" "$(sort "$out")" "host1: some bytes
host2: some bytes"

# One host's failure stops no other, and is said.
expect_code 1 pawl invoke --hosts 'host[1-4]' --name two -c 'case $(hostname) in host[23]) exit 7 ;; esac; echo fine'
said "2 of 4 hosts failed, the first: host2: exit code 7"
same "who failed" "$(pawl get two --children --json | jq -r 'select(.parent and .state == "Failed") | .host')" "host2
host3"
same "their exit codes" "$(child two host2 exit_code) $(child two host1 exit_code)" "7 0"

# After more failures than may be, no further host begins.
expect_code 1 pawl invoke --hosts 'host[1-4]' --name few --throttle 1 --max-failures 0 -c 'echo ran >>/root/few; false'
same "only one began" "$(for h in host1 host2 host3 host4; do on $h cat /root/few 2>/dev/null; done)" "ran"
same "the others were never reached" "$(child few host4 state)" "Stopped"

# A host that is not there is a failure of its own part, after a minute. An engine that
# was at it before would take it for disconnected, and wait.
hosts kill host4
expect_code 0 pawl daemon --stop
expect_code 1 pawl invoke --hosts host1,host4 --name gone -c 'echo here'
printed "host1: here"
said "1 of 2 hosts failed, the first: host4: unreachable: "
same "the part that was reached" "$(child gone host1 state)" "Completed"
hosts start host4

# Names that are none: refused before anything is started.
for name in '-oProxyCommand=touch${IFS}/tmp/pawl-pwned' 'a;touch /tmp/pawl-pwned' '$(touch /tmp/pawl-pwned)' "a'b" 'a b;c' 'host1:22x' 'a
b/c'; do
    expect_code 2 pawl invoke --hosts "$name" true
done
[ ! -e /tmp/pawl-pwned ] && ok "nothing was run" || fail "/tmp/pawl-pwned is there"
expect_code 2 pawl invoke true
said "on which hosts?"
expect_code 2 pawl invoke --hosts host1
expect_code 2 pawl invoke --hosts host1 --throttle 0 true
expect_code 3 pawl invoke --hosts @nogroup true
expect_code 0 pawl invoke -d --hosts host1 --auto-remove true

finish
