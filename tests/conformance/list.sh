#!/bin/sh
# SPDX-License-Identifier: MIT
# list.sh write|check: docs/conformance.md is what the suite lists.
set -eu
here=$(cd "${0%/*}" && pwd)
page=$here/../../docs/conformance.md

page_make() {
    cat <<'END'
# Conformance

Pawl's jobs are PowerShell's, made durable. The checklist has a row for everything those jobs, their workflows and their schedules can do,
and for the limits they have; `tests/conformance` has a case for each row, under its number, that drives the real program. This page is the
list that the suite prints (`tests/conformance/list.sh write`). A row that is not built is *open*, with the reason.

| row | what | |
|---|---|---|
END
    "$here/run.py" --list | sed 's/|/\\|/g' | awk -F '\t' '{
        printf "| %s | %s | %s |\n", $1, $2, $3 == "" ? "tested" : "*open*: " $3 }'
}

case ${1:-} in
write) page_make >"$page" ;;
check)
    page_make | cmp - "$page" || {
        echo "docs/conformance.md is not what the suite lists: tests/conformance/list.sh write"
        exit 1
    } ;;
*) echo "usage: list.sh write|check" >&2; exit 2 ;;
esac
