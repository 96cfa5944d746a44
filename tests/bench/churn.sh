#!/bin/sh
# churn.sh [JOBS] [COUNT] [DIRECTORY]: builds a release, and shows that the store and the
# engine stop growing while JOBS (100,000) short jobs come and go and COUNT (1,000) are kept:
# figures after each tenth. About a minute.
set -eu
cd "$(dirname "$0")/../.."

build=${PAWL_BENCH_BUILD:-build/bench}
dir=${3:-$build/home}

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$build" --target pawl churn_bench >/dev/null
mkdir -p "$dir"
"$build/tests/bench/churn_bench" "$build/engine/pawl" "$dir" "${1:-100000}" "${2:-1000}"
