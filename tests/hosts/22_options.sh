#!/bin/sh
# SPDX-License-Identifier: MIT
# --ssh-option, --user and --connect-retry: a job's options are its own, and those of its
# kills; the same host is reached otherwise by another job at the same time.
. "${0%/*}/lib.sh"
fleet 3

# host2 shows a key that is not known here: a job that says so takes it, another does not.
hosts rekey host2
mine="--ssh-option UserKnownHostsFile=$work/mine --ssh-option StrictHostKeyChecking=accept-new"
# shellcheck disable=SC2086 # several words
expect_code 0 pawl invoke --hosts host1,host2 --name mine $mine -- hostname
printed "host2: host2"
expect_code 1 pawl invoke --hosts host1,host2 --name plain -- hostname
printed "host1: host1"
said "host2: unreachable: WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED"
same "the option has done it" "$(wc -l <"$work/mine")" 2
# shellcheck disable=SC2086
expect_code 0 pawl hosts --check host2 $mine
expect_code 1 pawl hosts --check host2
printed "Host key verification failed."

# A retry has the options, too; so has a kill that waits, whatever the next engine is told.
# shellcheck disable=SC2086
expect_code 1 pawl invoke --hosts host2 --name killed $mine -- sh -c '[ -e /root/again ] || exit 3; echo killed >>/root/oracle; sleep 1000'
on host2 touch /root/again
expect_code 0 pawl retry -d killed --name again
try has_counted host2 killed || fail "the command does not begin"
hosts cut host2
expect_code 0 pawl stop again --force
engine_kill
hosts heal host2
pawl get >/dev/null # the next engine
gone() { ! on host2 pgrep -f 'sleep 1000' >/dev/null; }
try gone || fail "the order to kill was not carried out"

# Who logs in, where the set names nobody.
expect_code 1 pawl invoke --hosts host1,root@host3 --user nobody --name who -- id -un
printed "root@host3: root"
said "host1: unreachable: no POSIX shell answers there: This account is currently not available."

# How long a host is waited for.
hosts kill host3
expect_code 0 pawl daemon --stop
expect_code 1 pawl invoke --hosts host3 --connect-retry 2s --ssh-option ConnectTimeout=1 -- true
said "unreachable: ssh: connect to host"
pawl invoke -d --hosts host3 --connect-retry forever --ssh-option ConnectTimeout=1 --name late -- true >/dev/null
try sh -c "'$PAWL' get late | grep -q 'host3 cannot be used'" || fail "nobody tells that host3 is not there"
hosts start host3
expect_code 0 pawl wait late --force --check --timeout 120

expect_code 2 pawl invoke --hosts host1 --ssh-option RemoteCommand=x true
said "RemoteCommand is not to be set: a link has a command of its own"
expect_code 2 pawl invoke --hosts host1 --ssh-option "ProxyCommand=a
b" true

finish
