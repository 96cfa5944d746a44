#!/bin/sh
# run.sh: installs what the tests need, builds, and runs the whole suite.
#
#   tests/run.sh             the suite: release build with warnings as errors, all
#                            tests; then the unit tests under the sanitizers
#   tests/run.sh quick       without the sanitizers
#
# Everything is built below build/. Ends with ctest's own summary.
set -eu
cd "$(dirname "$0")/.."

tests/support/packages.sh test
jobs=$(nproc)
at_once=$((jobs + (jobs + 1) / 2)) # tests wait more than they work

cmake --preset ci >/dev/null
cmake --build --preset ci
ctest --preset ci --parallel "$at_once" --output-on-failure

if [ "${1:-}" != quick ]; then
    cmake --preset asan >/dev/null
    cmake --build --preset asan
    ctest --preset asan --parallel "$jobs" --label-regex 'unit|layers' --output-on-failure
fi
