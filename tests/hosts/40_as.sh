#!/bin/sh
# SPDX-License-Identifier: MIT
# Steps as another user on real hosts: from root without sudo, from somebody with sudo or
# doas, and what it says when none may. Each host has another /bin/sh. A command that runs
# by sudo can be ended though we may not signal it, and nothing of it is left behind.
. "${0%/*}/lib.sh"
for program in sudo doas; do
    command -v $program >/dev/null || skip "$program is not installed"
done
fleet 4

# bob may become app on host1 to host3, by sudo or, on host3, by doas alone; eve may not.
for h in host1 host2 host3 host4; do
    on $h sh -c '
        for u in bob eve; do
            useradd -m -s /bin/sh $u && usermod -p "*" $u
            mkdir /home/$u/.ssh && cp /run/pawl/authorized_keys /home/$u/.ssh && chown -R $u /home/$u/.ssh
        done
        useradd -m -s /usr/sbin/nologin app && usermod -aG games app' >>"$work/hosts.log" 2>&1 ||
        fail "no users on $h"
done
for h in host1 host2; do
    echo 'bob ALL=(app) NOPASSWD: /usr/bin/sh, /bin/sh' | on $h tee /etc/sudoers.d/bob >/dev/null
    on $h chmod 440 /etc/sudoers.d/bob
done
echo 'Defaults log_input, iolog_dir=/srv/sudo-io' | on host2 tee -a /etc/sudoers.d/bob >/dev/null
for h in host3 host4; do
    on $h sh -c 'echo permit nopass bob as app >/etc/doas.conf; chmod 600 /etc/doas.conf'
done
hosts sh host2 /usr/bin/bash
hosts sh host3 /usr/bin/mksh
hosts sh host4 /usr/bin/busybox

cat >"$work/as.lua" <<'LUA'
workflow { about = "everything as somebody else" }
hosts:each(function(h)
  local app = h:as "app"
  local r = app:run { "cat; id -un; id -Gn | tr ' ' '\\n' | sort | tr '\\n' ' '; echo; echo \"$HOME|$USER|$LOGNAME|$PWD|$X\"",
                      stdin = "in\n", env = { X = "a 'b'" }, quiet = true }
  assert(r.out == "in\napp\napp games \n/home/app|app|app|/home/app|a 'b'\n", r.out .. r.err)
  app:write("note", "by app\n", { mode = "0600" })
  assert(app:read "/home/app/note" == "by app\n")
  assert(h:run { "stat -c %U:%a note", as = "app", quiet = true }:trim() == "app:600")
  assert(app:exec { "pwd", cwd = "/srv", quiet = true }:trim() == "/srv")
  app:write("it.sh", "echo script $1 by $(id -un) $(wc -c)", { mode = "0755" })
  assert(app:script("it.sh", { "x" }, { quiet = true, shell = "sh" }):trim() == "script x by app 0")
  local large = ("# nothing\n"):rep(20000) .. "wc -c; echo end"
  assert(app:run { large, stdin = "in\n", quiet = true }.out:match "^%s*3\nend\n$")
  assert(h:run { "id -un", quiet = true }:trim() ~= "app")
  local none = app:run { "exit 7", ok_codes = 7, as = "nobody-here", on_error = "continue", quiet = true }
  assert(none.code == 126 and none.err == "as nobody-here: there is no such user here\n", none.err)
end)
LUA
expect_code 0 pawl run "$work/as.lua" --hosts 'host[1-4]' # from root
expect_code 0 pawl run "$work/as.lua" --hosts 'bob@host1,bob@host2,bob@host3,bob@host4'
on host2 test -e /srv/sudo-io && ok "sudo kept what went in" || fail "sudo kept nothing"

# Why not is told before anything has begun.
expect_code 1 pawl invoke --hosts eve@host1 --as app 'touch /tmp/ran'
said "as app: sudo asks for a password; allow it without one (NOPASSWD) for this user"
on host1 test ! -e /tmp/ran && ok "nothing ran" || fail "it ran"

# Neither the command nor its environment is in anybody's list of processes, or in a log.
pawl invoke -d --hosts bob@host1 --as app --name secret --env TOKEN=hush-hush -c 'echo begun >~/begun; sleep 300; : mumble' >/dev/null
try on host1 test -s /home/app/begun || fail "it does not begin"
on host1 sh -c 'cat /proc/[0-9]*/cmdline' | tr '\0' ' ' >"$work/lists"
grep -q 'sudo -n -u app sh -c' "$work/lists" && ok "sudo is seen" || fail "sudo is not seen"
grep -q -e hush -e mumble "$work/lists" && fail "the command is seen" || ok "the command is not seen"

# It ends when it is asked to, and when it does not want to.
expect_code 0 pawl stop secret --wait
none_of_app() { ! on host1 pgrep -u app >/dev/null; }
try none_of_app && ok "nothing is left of it" || fail "it is still there: $(on host1 ps -fu app)"
cat >"$work/end.lua" <<'LUA'
local app = host("bob@host1"):as "app"
local r = app:run { "trap 'echo in order; exit 5' TERM; sleep 300 & wait", timeout = "2s", on_error = "continue", quiet = true }
print(r.kind, r.out)
r = app:run { "trap '' TERM; (trap '' TERM; sleep 301); sleep 302", timeout = "2s", on_error = "continue", quiet = true }
print(r.kind, #r.out)
LUA
expect_code 0 pawl run "$work/end.lua"
same "how they ended" "$(cat "$out")" "timeout	in order

timeout	0"
try none_of_app && ok "nothing is left of them" || fail "it is still there: $(on host1 ps -fu app)"

# A reboot in between: what runs again is somebody else's as well.
pawl invoke -d --hosts bob@host2 --as app --name again -c 'id -un >>~/ran; until [ -e /srv/go ]; do sleep 0.1; done' >/dev/null
try on host2 test -s /home/app/ran || fail "it does not begin"
hosts reboot host2 1
on host2 touch /srv/go
expect_code 0 pawl wait again --force --check --timeout 100
same "who ran it" "$(on host2 cat /home/app/ran | tr '\n' ' ')" "app app "

# Here, and by the command line.
expect_code 0 pawl start --as nobody --name here --follow -c 'id -un; pwd; echo "$HOME"'
same "on this machine" "$(cat "$out")" "nobody
/
/nonexistent"
expect_code 0 pawl start --as nobody --cwd /usr --follow -c pwd
same "its directory" "$(cat "$out")" /usr
expect_code 0 pawl invoke --hosts host1 --as app --cwd /srv -c 'id -un; pwd'
same "there" "$(cat "$out")" "app
/srv"
expect_code 2 pawl start --as 'a;b' true
said "--as a;b: "

finish
