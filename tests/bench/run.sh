#!/bin/sh
# run.sh: builds a release and prints all figures, in about five minutes.
#
#   tests/bench/run.sh [DIRECTORY]
#
# The stores are made in DIRECTORY (by default below build/), which must be on the
# disk that is meant: a tmpfs flushes nothing. Each program prints what a flush of
# that disk cost at the time. Figures are medians of three runs or more; on a busy
# machine only their ratios say much, so the load is printed before and after.
set -eu
cd "$(dirname "$0")/../.."

build=${PAWL_BENCH_BUILD:-build/bench}
dir=${1:-$build/home}

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$build" --target pawl store_bench script_bench engine_bench service_bench \
    follow_bench churn_bench >/dev/null
mkdir -p "$dir"

echo "machine   $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)," \
    "$(df -T "$dir" | awk 'NR == 2 { print $2 " on " $1 }')"
"$build/tests/bench/engine_bench" "$dir"
"$build/tests/bench/service_bench" "$build/engine/pawl" "$dir"
"$build/tests/bench/follow_bench" "$build/engine/pawl" "$dir"
"$build/tests/bench/churn_bench" "$build/engine/pawl" "$dir"
"$build/tests/bench/store_bench" "$dir"
"$build/tests/bench/script_bench"
echo "machine   load $(cut -d' ' -f1-3 /proc/loadavg)"
