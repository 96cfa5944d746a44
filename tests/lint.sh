#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh: reads all our C with clang-tidy and cppcheck, and wants silence.
#
#   tests/lint.sh               every .c file of engine, storage and lua
#   tests/lint.sh FILE...       clang-tidy for these files only
#
# What clang-tidy looks for is in .clang-tidy; what cppcheck must be told is in tests/lint/.
# Exits 1 when anything was remarked. Some minutes on a small machine: not a part of run.sh.
set -eu
cd "$(dirname "$0")/.."

tests/support/packages.sh lint
build=build/lint
mkdir -p "$build"
# Nothing is compiled: the commands are what clang-tidy needs.
cmake -S . -B "$build" -G Ninja >"$build/cmake.log" 2>&1 || { cat "$build/cmake.log" >&2; exit 1; }

all=$(git ls-files 'engine/*.c' 'storage/*.c' 'lua/*.c' 2>/dev/null) ||
    all=$(find engine storage lua -name '*.c' | sort)
# shellcheck disable=SC2086 # a list of paths without blanks
[ $# -gt 0 ] || set -- $all

echo "cppcheck: $(echo "$all" | wc -l) files"
# shellcheck disable=SC2086 # a list of paths without blanks
cppcheck --quiet --std=c11 --inline-suppr -j "$(nproc)" -I . -I engine -D_GNU_SOURCE \
    --enable=warning,performance,portability,style \
    --library=tests/lint/cppcheck.cfg --suppressions-list=tests/lint/cppcheck.suppressions \
    $all >"$build/cppcheck.txt" 2>&1 || { cat "$build/cppcheck.txt" >&2; exit 1; }

echo "clang-tidy: $# files"
# It ends with 0 whatever it remarks; another status is a file that it could not read.
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 4 clang-tidy -quiet -p "$build" \
    >"$build/clang-tidy.txt" 2>"$build/clang-tidy.err" || {
    cat "$build/clang-tidy.txt" "$build/clang-tidy.err" >&2
    echo "lint.sh: clang-tidy failed" >&2
    exit 1
}

# A header's remark is seen from every file that includes it: counted once.
remarks() { grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error|style|performance|portability):' "$1" | sort -u; }
cat "$build/cppcheck.txt" "$build/clang-tidy.txt"
found=0
for tool in cppcheck clang-tidy; do
    n=$(remarks "$build/$tool.txt" | wc -l)
    echo "$tool: $n remarks"
    found=$((found + n))
done
[ "$found" = 0 ]
