#!/bin/sh
# SPDX-License-Identifier: MIT
# The store's file system fills up (a small tmpfs), while commands, whose spool is
# elsewhere, go on writing. New jobs must be refused in plain words, what is stored
# must still be served, and after space was made the output must be there, complete.
. "${0%/*}/lib.sh"

store_disk 24m
bytes=10000000
start before 'echo kept'
expect_code 0 pawl wait before
start writer "echo early; $(gate writer)
    head -c $bytes /dev/zero | tr '\0' y; echo; echo late"
try has_output writer || fail "the writer does not begin"
pid=$(engine_pid)

fill_disk
open writer
try disk_is_full || fail "status does not tell that the disk is full"
expect_code 4 pawl start -c 'echo new'
said "the disk of the store is full: no new job is taken"
expect_code 0 pawl status
printed "The disk is full"
expect_code 0 pawl get
expect_code 0 pawl receive before --keep
printed kept
expect_code 124 pawl wait writer --timeout 0.5
same "the writer is no failure" "$(state writer)" Running

free_disk
try disk_has_space || fail "status does not tell that there is space again"
expect_code 0 pawl wait writer --check --timeout 60
pawl receive writer >"$out"
same "the writer's lines" "$(grep -nE '^(early|late)$' "$out" | tr '\n' ' ')" '1:early 3:late '
same "the writer's bytes" "$(sed -n 2p "$out" | tr -cd y | wc -c)" $bytes
expect_code 0 pawl start -c 'echo new' --name after --follow
printed new
same "the engine is the same one" "$(engine_pid)" "$pid"
finish
