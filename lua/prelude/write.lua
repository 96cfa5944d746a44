-- The programs of host:write and host:template: $1 is the path, $2 the mode or nothing, and
-- the bytes are standard input.
--
-- A reader sees the old file or the new one. A file that exists keeps its owner and mode,
-- but not whom it runs as where its owner cannot be kept; nobody else reads the new one
-- before it has them. It is made anew under its temporary name: that the old one has no
-- write bit is no hindrance, and nobody can put another file there for us to write to.

-- What ls says, -rwsr-x--T, as chmod takes it: u=rwxs,g=rx,o=t.
local mode_of = [[s/^.\(...\)\(...\)\(...\).*/u=\1,g=\2,o=\3/; s/-//g; s/s/xs/g; s/S/s/g; s/t/xt/g; s/T/t/g]]

local write_part = [==[
if [ -d "$1" ]; then echo "$1: is a directory" >&2; exit 1; fi
set -efC
t=$1.pawl.$$ m=$2 s=
trap 'rm -f -- "$t"' EXIT
rm -f -- "$t"
if [ -n "$m" ] || [ -f "$1" ]; then umask 077; fi
cat >"$t"
if [ -f "$1" ]; then
    set -- "$1" $(ls -dlnL -- "$1")
    chown -- "$4:$5" "$t" 2>/dev/null || {
        s=,ug-s
        chgrp -- "$5" "$t" 2>/dev/null || :
    }
    m=${m:-$(echo "$2" | sed ']==] .. mode_of .. [==[')$s}
fi
if [ -n "$m" ]; then chmod -- "$m" "$t"; fi
]==]

prelude.write_text = write_part .. [==[
mv -f -- "$t" "$1"
]==]

-- Only when it differs, in its bytes or in the mode that it is to have.
prelude.write_changed_text = write_part .. [==[
mode() { ls -ld -- "$1" | cut -c1-10; }
if [ -f "$1" ] && cmp -s -- "$1" "$t" && [ "$(mode "$1")" = "$(mode "$t")" ]; then
    echo same
    exit
fi
mv -f -- "$t" "$1"
echo changed
]==]
