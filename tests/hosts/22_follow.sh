#!/bin/sh
# SPDX-License-Identifier: MIT
# Following many hosts: lines that are never mixed, equal outputs folded, a status line
# that leaves nothing behind, and output that would drive a terminal and must not. What is
# on a terminal is what tests/support/terminal.py has on its screen at the end.
. "${0%/*}/lib.sh"
fleet 4

# A command on a host that waits for its gate; let HOST WHAT opens it, also from within
# an action of the terminal's.
wait_for() { echo "until [ -e /root/gate.$1 ]; do sleep 0.05; done"; }
{
    echo "case \$1 in"
    for l_host in host1 host2 host3 host4; do
        echo "$l_host) pid=$("$hosts_sh" list | awk -v h=$l_host '$1 == h { print $3 }') ;;"
    done
    echo "esac; exec nsenter -t \$pid -m -p -n -u touch /root/gate.\$2"
} >"$work/let"
let() { sh "$work/let" "$1" "$2"; }

screen() { "${0%/*}/../support/terminal.py" "$@"; }
ends_with() { tail -n 1 "$1"; }
is_empty() { same "$1" "$(cat "$2")" ""; }

# ---- lines: host1's comes in two pieces, with one of host2 between them
pawl invoke --hosts host1,host2 --name pieces -c "case \$(hostname) in
    host1) printf 'one '; $(wait_for one); printf 'line\nrest' ;;
    host2) $(wait_for two); printf 'whole\nlast'; echo oops >&2 ;;
    esac" >"$out" 2>"$err" &
client=$!
became() { pawl receive pieces --all --json 2>/dev/null | grep -q "$1"; }
try became 'one ' || fail "host1 does not begin"
let host2 two
try became whole || fail "host2 does not go on"
let host1 one
wait $client
same "its exit code" $? 0
same "no line has two hosts in it" "$(sort "$out")" "host1: one line
host1: rest
host2: last
host2: whole"
same "errors stay where they were" "$(cat "$err")" "host2: oops"
expect_code 0 pawl receive pieces --all --no-host
same "without their names" "$(sort "$out")" "last
one line
rest
whole"
same "all was received" "$(field pieces unread)" 0

# ---- folded
text='echo same; case $(hostname) in host2) exit 3 ;; host3) echo more; echo oops >&2 ;; esac'
expect_code 1 pawl invoke --fold --hosts 'host[1-4]' --name folded -c "$text"
same "equal outputs are one" "$(cat "$out")" "host[1,4] (2):
same
host2 (1):
same
host3 (1):
same
more"
same "errors, ends and the sum" "$(cat "$err")" "host2 (1): failed: exit code 3
host3 (1), standard error:
oops
1 of 4 hosts failed, the first: host2: exit code 3
pawl: job $(field folded id) Failed
pawl: job $(field folded id): 3 of 4 hosts done; failed (1): host2"
same "what was shown is received" "$(field folded unread)" 0
expect_code 0 pawl receive folded --fold
is_empty "there is nothing more" "$out"
pawl receive folded --all --fold --json >"$out"
same "in JSON, a group a line" "$(jq -c '[.hosts, .count, .failure, .reason, .output, .error]' "$out" |
    head -n 3)" '[["host1","host4"],2,null,null,"same\n",""]
[["host2"],1,"failed","exit code 3","same\n",""]
[["host3"],1,null,null,"same\nmore\n","oops\n"]'
same "and of the job itself" "$(tail -n 1 "$out" | jq -c '[.hosts, .error]')" \
    '[[],"1 of 4 hosts failed, the first: host2: exit code 3\n"]'

# Large ones, 3 of 4 equal, with what a shell on this machine may have of memory.
text='[ $(hostname) = host3 ] && seq 1 2000000 || seq 2 2000000; printf "\377"'
(ulimit -d 65536 && exec "$PAWL" invoke --fold --hosts 'host[1-4]' --name large -c "$text") \
    >"$out" 2>"$err" || fail "folding large outputs: $(cat "$err")"
{ echo 'host[1-2,4] (3):'; seq 2 2000000; printf '\377\n'
  echo 'host3 (1):'; seq 1 2000000; printf '\377\n'; } | cmp - "$out" ||
    fail "large outputs are not exact"
[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'pawl-??????' -newer "$work/let" -type f)" ] ||
    fail "a file is left in TMPDIR"
expect_code 5 env TMPDIR=/nonexistent "$PAWL" receive large --all --fold
said "cannot keep outputs in /nonexistent: No such file or directory"

# Ctrl-C ends the showing, too, though nobody reads on.
mkfifo "$work/full"
exec 9<>"$work/full"
env --default-signal=INT "$PAWL" receive large --all --fold >"$work/full" 2>"$err" &
client=$!
head -c 1 <&9 >/dev/null # it has begun, and is far from its end
kill -INT $client
is_over() { ! kill -0 $client 2>/dev/null; }
try is_over || { fail "Ctrl-C does not end it"; kill -9 $client; }
wait $client
same "it was ended" $? 130
exec 9<&-

# A client that is interrupted has shown nothing, and marked nothing.
pawl invoke -d --hosts 'host[1-2]' --name later -c "echo early; $(wait_for later); echo late" >"$out"
wrote_early() { [ "$(pawl receive later --all | grep -c early)" = 2 ]; }
try wrote_early || fail "they do not begin"
env --default-signal=INT timeout -s INT 3 "$PAWL" receive later --wait --fold >"$out" 2>"$err"
is_empty "nothing was shown" "$out"
said "goes on; follow it again with: pawl receive $(field later id) --wait --fold"
same "nothing is marked" "$(field later unread)" 2
expect_code 124 pawl receive later --wait --fold --timeout 2
same "what is there when its time is up" "$(cat "$out")" "host[1-2] (2):
early"
let host1 later
let host2 later
expect_code 0 pawl receive later --wait --fold
same "the rest" "$(cat "$out")" "host[1-2] (2):
late"

# ---- a status line
gated="echo begin; $(wait_for end); [ \$(hostname) != host2 ]"
let_all="for i in 1 2 3 4; do sh $work/let host\$i end; done"

# follow NAME OPTION...: the gated command on all hosts, on a terminal.
follow() {
    l_name=$1
    shift
    for l_host in host1 host2 host3 host4; do on $l_host rm -f /root/gate.end; done
    screen "$@" -- "$PAWL" invoke --hosts 'host[1-4]' --name "$l_name" -c "$gated" >"$out" 2>"$err"
}

follow watched --columns 100 --when '0/4 done, 0 failed, 4 running, 0 waiting' "run:sh $work/let host1 end" \
    --when '1/4 done, 0 failed, 3 running' "run:sh $work/let host2 end" \
    --when '1/4 done, 1 failed, 2 running' "shot:$work/shot" \
    --when ', 2 running' "run:sh $work/let host3 end; sh $work/let host4 end"
same "its exit code" $? 1
same "the line was at the bottom" "$(ends_with "$work/shot" | sed 's/host[34] (slowest, .*)/HOST/')" \
    "1/4 done, 1 failed, 2 running, 0 waiting  HOST"
same "and is gone" "$(sed 's/job [0-9]*/job N/' "$out" | sort)" "1 of 4 hosts failed, the first: host2: exit code 1
host1: begin
host2: begin
host2: exit code 1
host3: begin
host4: begin
pawl: job N Failed
pawl: job N: 3 of 4 hosts done; failed (1): host2"

# Wider than the terminal, which then becomes narrower, and wider again.
gated=$(wait_for end)
follow narrow --columns 60 --when '4 running, 0 waiting' columns:33 --when '4 running, …' "shot:$work/shot" \
    --when '4 running, …' columns:70 --when slowest "run:$let_all"
same "cut to its width" "$(wc -l <"$work/shot"):$(wc -m <"$work/shot")" 1:33
same "nothing is left of it" "$(sed 's/job [0-9]*/job N/' "$out")" "job N Completed: 4 of 4 hosts done"

# Whoever wants none, and whoever has no terminal, sees none.
screen -- "$PAWL" invoke -q --hosts 'host[1-4]' true >"$out"
is_empty "none with -q" "$out"
screen -- "$PAWL" invoke --json --hosts 'host[1-4]' true >"$out"
is_empty "none with --json" "$out"
expect_code 0 pawl invoke --hosts 'host[1-4]' sleep 1
is_empty "none in a file" "$err"
same "-d -q: the id" "$(pawl invoke -d -q --hosts host1 --name id true)" "$(field id id)"

# ---- Ctrl-C, Ctrl-Z, SIGTERM
gated="echo begin; $(wait_for end)"
follow left --when '4 running, 0 waiting' key:C
same "Ctrl-C's exit code" $? 130
id=$(field left id)
same "how to come back is the last that is there" "$(ends_with "$out")" \
    "job $id goes on; follow it again with: pawl receive $id --wait"
same "no status line is left" "$(grep -c running "$out")" 0
screen --when '4 running' signal:TERM -- "$PAWL" receive left --wait >"$out"
same "SIGTERM's exit code" $? 143
same "no status line is left" "$(grep -c running "$out")" 0
# A shell with job control, as far as it takes: it says "stopped", then lets it go on.
screen --when '4 running' key:Z --when 'here we are' "run:$let_all" -- \
    sh -c "set -m; '$PAWL' receive left --wait; echo here we are; fg >/dev/null" >"$out" 2>"$err"
same "Ctrl-Z's exit code" $? 0
has "$out" "here we are"
same "no status line is left" "$(grep -c running "$out")" 0

# ---- output that would drive a terminal
# shellcheck disable=SC2016
hostile='printf "\033[2J\033]0;t\007\033[?1049h\302\2331m\233m\000\377\r\b\342\200\256x\n";
         printf "\033[31mno end" >&2; printf "\302"; sleep 0.2; printf "\233A\033c"'
for option in --fold --no-host --json; do
    screen --columns 200 -- "$PAWL" invoke $option --hosts 'host[1-4]' --name hostile -c "$hostile" >"$out" 2>"$err"
    same "a terminal with $option" "$?:$(cat "$err")" "0:"
done
screen --columns 200 -- "$PAWL" invoke --hosts 'host[1-2]' --name hostile -c "$hostile" >"$out" 2>"$err"
same "a terminal, live" "$?:$(cat "$err")" "0:"
printed 'host1: \x1b[2J\x1b]0;t\x07\x1b[?1049h\u{009b}1m\x9bm\x00\xff\x0d\x08\u{202e}x'
printed 'host2: \u{009b}A\x1bc'
printed 'host2: \x1b[31mno end'
expect_code 0 pawl invoke --no-host --hosts host1 -c "$hostile"
same "in a pipe it is what it was" "$(od -An -tx1 <"$out" | tr -d ' \n')" \
    1b5b324a1b5d303b74071b5b3f3130343968c29b316d9b6d00ff0d08e280ae780ac29b411b63

# 20 MB on one line of two hosts: whatever there is of memory, there is no room for it.
(ulimit -d 32768 && exec "$PAWL" invoke --hosts 'host[1-2]' --name line \
    -c 'head -c 20000000 /dev/zero | tr "\0" x') >"$out" 2>"$err" || fail "a long line: $(cat "$err")"
same "every byte of it" "$(tr -cd x <"$out" | wc -c)" 40000000
same "no line of two hosts" "$(grep -c 'host1: .*host2: ' "$out")" 0
finish
