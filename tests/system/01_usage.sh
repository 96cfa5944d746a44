#!/bin/sh
# SPDX-License-Identifier: MIT
# Mistyped verbs, options and values; jobs that do not exist. Each must be refused
# with the word at fault and the nearest right one, with the exit code that a script
# can branch on, and without an effect on the job that runs meanwhile.
. "${0%/*}/lib.sh"

bystander_start

expect_code 2 pawl gett
said "no such verb: gett; did you mean get?"
expect_code 2 pawl bogus
said "bogus"
expect_code 2 pawl get --stat Running
said "did you mean --state?"
expect_code 2 pawl get --state Runing
said "Runing"
expect_code 2 pawl wait
said "which job?"
expect_code 2 pawl wait 1 --timeout soon
said "--timeout soon: a duration like"
expect_code 2 pawl receive 1 --stream outptu
said "--stream outptu"
expect_code 2 pawl receive 1 --force
said "belong to --wait"
expect_code 2 pawl receive 1 --all --since 3
said "give one of them"
expect_code 2 pawl signal bystander go '{bad'
said "is not JSON"
expect_code 2 pawl daemon --foreground --stop
for verb in status daemon version; do
    expect_code 2 pawl $verb stpo
    said "what is stpo? the usage is: pawl $verb"
done
expect_code 2 pawl help start stpo
said "what is stpo?"

# every verb has a help that begins with its usage and fits a terminal
for verb in $(pawl help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    expect_code 0 pawl help "$verb"
    printed "Usage: pawl $verb"
    same "lines of $verb over 80 columns" "$(grep -cE '.{81}' "$out")" 0
done

# what to start
expect_code 2 pawl start
said "what shall it run?"
expect_code 2 pawl start -c
said "--command needs a value"
expect_code 2 pawl start -c true --file /dev/null
said "give one of"
expect_code 2 pawl start --file /nonexistent/file
said "/nonexistent/file: No such file"
expect_code 2 pawl start --retry often -c true
said "--retry often: a whole number"
expect_code 2 pawl start --timeout long -c true
said "--timeout long: a duration"
expect_code 2 pawl start --ok-exit 256 -c true
said "--ok-exit 256: exit codes from 0 to 255"
expect_code 2 pawl start --on-interrupt maybe -c true
said "--on-interrupt maybe: rerun, fail or suspend"
expect_code 2 pawl start --env NAME -c true
said "--env NAME: KEY=VALUE is expected"
expect_code 2 pawl start --cwd /nonexistent -c true
said "/nonexistent"
expect_code 2 pawl run
said "which workflow?"
expect_code 2 pawl run /nonexistent.lua
said "/nonexistent.lua: No such file"

# unknown jobs: each is named, the others are served
expect_code 3 pawl get bystander 4711 nobody 'no*'
said "job 4711: no such job"
said "job nobody: no such job"
printed "bystander"
same "an unmatched glob is no error" "$(grep -c 'no\*' "$err")" 0
expect_code 0 pawl get 'no*'
expect_code 3 pawl get bystander:elsewhere
expect_code 3 pawl get 1:elsewhere
said "elsewhere"
expect_code 3 pawl get ffffffff-ffff-4fff-bfff-ffffffffffff
for verb in stop suspend resume remove receive wait history; do
    expect_code 3 pawl $verb 4711
    said "job 4711: no such job"
done
expect_code 3 pawl signal 4711 go

# and nothing was started by any of it
same "jobs" "$(pawl get -q | wc -l)" 1
bystander_end
finish
