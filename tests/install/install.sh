#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs into an empty directory and uses only what landed there. A file that was
# forgotten, a document that points at one that is not installed, a test program that
# is, or a program that still needs its build directory, breaks this.
#   BUILD=build/release VERSION=0.1.0 tests/install/install.sh
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:?BUILD names the build directory}
version=${VERSION:?VERSION is what the program must say}
work=$(mktemp -d)
PAWL_HOME=$work/home
export PAWL_HOME
pawl=$work/usr/bin/pawl
doc=$work/usr/share/doc/pawl
failures=0

cleanup() {
    [ ! -x "$pawl" ] || "$pawl" daemon --stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

"${CMAKE:-cmake}" --install "$build" --prefix "$work/usr" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}

# ---- what is there, and what is not
for file in README.md CHANGELOG.md LICENSE docs/workflows.md docs/http-api.md examples/01_backup.lua; do
    cmp -s "$root/$file" "$doc/$file" || fail "share/doc/pawl/$file is missing or differs"
done
for file in "$root"/workflows/*.lua; do
    cmp -s "$file" "$work/usr/share/pawl/workflows/${file##*/}" || fail "${file##*/} is not installed"
done
other=$(cd "$work/usr" && find . -type f ! -path './share/doc/pawl/*' \
    ! -path './share/pawl/workflows/*.lua' ! -path ./bin/pawl \
    ! -path './share/man/man1/pawl*.1' ! -path ./share/bash-completion/completions/pawl \
    ! -path ./share/zsh/site-functions/_pawl ! -path ./share/fish/vendor_completions.d/pawl.fish \
    ! -path ./lib/systemd/user/pawl.service ! -path ./lib/systemd/system/pawl@.service)
[ -z "$other" ] || fail "nobody asked for: $other"

for unit in user/pawl.service system/pawl@.service; do
    grep -q '^ExecStart=/.*/bin/pawl daemon --foreground$' "$work/usr/lib/systemd/$unit" ||
        fail "$unit is missing, or names no program"
done

# ---- what the program wrote of itself: a page for each verb, and three completions
share=$work/usr/share
for verb in $("$pawl" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    "$pawl" help --man "$verb" | cmp -s - "$share/man/man1/pawl-$verb.1" ||
        fail "pawl-$verb.1 is missing, or not of this program"
done
"$pawl" help --man | cmp -s - "$share/man/man1/pawl.1" || fail "pawl.1 is missing, or not of this program"
for file in bash:bash-completion/completions/pawl zsh:zsh/site-functions/_pawl \
    fish:fish/vendor_completions.d/pawl.fish; do
    "$pawl" completion "${file%%:*}" | cmp -s - "$share/${file#*:}" ||
        fail "share/${file#*:} is missing, or not of this program"
done
if command -v man >/dev/null; then
    man -M "$share/man" pawl-start >"$work/log" 2>&1 && grep -q -- --command "$work/log" ||
        fail "man pawl-start shows: $(head -3 "$work/log")"
fi

# ---- every relative link of a document leads to something that is installed
links=0
for page in $(cd "$doc" && find . -name '*.md'); do
    # shellcheck disable=SC2013 # a link has no blanks
    for link in $(grep -oE '\]\([^):]+\)' "$doc/$page" | sed 's/^](//; s/)$//; s/#.*//'); do
        links=$((links + 1))
        [ -e "$doc/$(dirname "$page")/$link" ] || fail "$page points at $link, which is not installed"
    done
done
[ "$links" -gt 5 ] || fail "only $links links found in the documents"

# ---- the program works from there
said=$("$pawl" --version)
[ "$said" = "pawl $version" ] || fail "--version says '$said', wanted 'pawl $version'"
cd "$work"
said=$("$pawl" start --follow -c 'echo from the installed program') || fail "start: exit $?"
case $said in
*"from the installed program"*) ;;
*) fail "a job of the installed program printed: $said" ;;
esac

[ "$failures" = 0 ] || exit 1
echo "installed: $(find "$work/usr" -type f | wc -l) files, $links links"
