#!/bin/sh
# SPDX-License-Identifier: MIT
# One host of a job is stopped alone: what runs there ends with all its descendants, the
# others go on, and a host that cannot be reached is let go by force and tidied up later.
. "${0%/*}/lib.sh"
fleet 4

# Long on each host, with a child of its own, until its gate opens.
text='echo on >>/root/oracle; sleep 1000 & until [ -e /root/gate ]; do sleep 0.1; done; kill $!'
sleepers() { on "$1" pgrep -x sleep -a | grep -c ' 1000$'; }
is_quiet() { [ "$(sleepers "$1")" = 0 ]; }
part() { child long "$1" "$2"; }
has_state() { [ "$(part "$1" state)" = "$2" ]; }

pawl invoke -d --hosts 'host[1-4]' --name long -c "$text" >"$out"
for h in host1 host2 host3 host4; do try has_counted $h on || fail "$h does not begin"; done
id=$(field long id)

expect_code 0 pawl stop "$id:host2" --wait --grace 1s
same "its part is Stopped" "$(part host2 state) $(part host2 reason) $(part host2 failure)" "Stopped stopped stopped"
same "and all that it had begun is gone" "$(sleepers host2)" 0
same "the job goes on" "$(field long state)" Running
for h in host1 host3 host4; do same "$h does" "$(part $h state) $(sleepers $h)" "Running 1"; done

expect_code 4 pawl stop "$id:host2"
said "$id:host2 is finished: there is nothing to stop on it now"
expect_code 4 pawl suspend "$id:host1"
said "is a part of job $id: it can be stopped alone, but not suspended: pawl suspend $id"
expect_code 3 pawl stop "$id:host9"
same "nothing of it was done" "$(field long state)" Running

# One that is away: asked, it waits for the host; by force it is over.
hosts cut host3
try has_state host3 Disconnected || fail "host3 is still there"
expect_code 0 pawl stop "$id:host3"
said "stands still: host3 cannot be used: "
same "no other does" "$(part host1 notice)" null
same "it waits for its host" "$(part host3 state)" Stopping
expect_code 0 pawl stop "$id:host3" --force --wait
part host3 reason >"$out"
printed "stopped by force; no cleanup has run; away: host3: what runs there is killed as soon as"
same "its command is still there" "$(sleepers host3)" 1
hosts heal host3

on host1 touch /root/gate
on host4 touch /root/gate
expect_code 1 pawl wait long --check
same "the job is Stopped" "$(field long state) $(field long reason)" \
    "Stopped 2 of 4 hosts were stopped, the first: host2"
same "the others are done" "$(part host1 state) $(part host4 state)" "Completed Completed"
try is_quiet host3 || fail "what was left on host3 is not killed"
expect_code 4 pawl retry long
said "there is nothing to retry"
for h in host2 host3; do on $h touch /root/gate; done
expect_code 0 pawl retry long --unfinished
said "retrying 2 hosts: 2 stopped"
for h in host1 host2 host3 host4; do
    same "begun on $h" "$(counted $h on)" "$(case $h in host[23]) echo 2 ;; *) echo 1 ;; esac)"
done

# All of them, one by one.
for h in host1 host2 host3 host4; do on $h rm -f /root/gate; done
pawl invoke -d --hosts 'host[1,2]' --name both -c "$text" >"$out"
for h in host1 host2; do try has_counted $h on 3 || try has_counted $h on 2 || fail "$h does not begin"; done
id=$(field both id)
expect_code 0 pawl stop "$id:host1" "$id:host2" --wait
same "the job is Stopped, too" "$(field both state)" Stopped
finish
