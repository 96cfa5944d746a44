#!/bin/sh
# SPDX-License-Identifier: MIT
# Waiting: for all, for one, for a state, for a while, and not at all. The exit code
# must tell a job that failed from a time that is over.
. "${0%/*}/lib.sh"

start slow "$(gate slow)"
start slower 'sleep 300'
expect_code 124 pawl wait slow --timeout 0
expect_code 124 pawl wait slower --timeout 0.3
open slow
expect_code 0 pawl wait slow slower --any --timeout 60 -q
same "the one that did" "$(cat "$out")" 1
expect_code 124 pawl wait slow slower --timeout 0.3 -q
same "those that did" "$(cat "$out")" 1
expect_code 0 pawl wait slower --for Running
start failing 'exit 7'
expect_code 0 pawl wait failing
expect_code 1 pawl wait failing --check
said "exit code 7"
same "its exit code" "$(field failing exit_code)" 7
expect_code 3 pawl wait failing 4711
expect_code 0 pawl stop slower --force
expect_code 1 pawl wait slower --check
finish
