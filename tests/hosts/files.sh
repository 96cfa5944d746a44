# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# files.sh: for tests of put and get, beside lib.sh: files to send, and what became of them.

# lua NAME HOSTS TEXT: runs a workflow to its end; $out is what it printed.
lua() {
    printf 'workflow {}\n%s\n' "$3" >"$1.lua"
    expect_code 0 pawl run "$1.lua" --hosts "$2" --name "$1"
}
# What both ends say of a file: its sum, and its mode.
sum_here() { sha256sum <"$1" | cut -c1-64; }
sum_on() { on "$1" sh -c 'sha256sum <"$1" | cut -c1-64' sh "$2"; }
mode_on() { on "$1" stat -c %a "$2"; }
inode_on() { on "$1" stat -c %i "$2"; }
parts_on() { on "$1" find /root /srv -name '.pawl-*'; }

# Files to send: big (10 MiB), empty, nul.
make_files() {
    head -c 10485760 /dev/urandom >big
    : >empty
    printf 'a\0b\0\0' >nul
}
