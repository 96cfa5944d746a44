#!/bin/sh
# test.sh PROGRAM: it greets, and it adds.
set -eu
"$1" 2 3 | grep -q 'hello from a workflow'
test "$("$1" 2 3 | tail -n 1)" = 5
echo "tests passed"
