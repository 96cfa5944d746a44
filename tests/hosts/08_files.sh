#!/bin/sh
# SPDX-License-Identifier: MIT
# host:put and host:get: exact bytes under any name, nothing sent twice, what cannot be is
# told in words and leaves the old file, a full disk too; many hosts, other shells.
PAWL_HOSTS_DISK=48
export PAWL_HOSTS_DISK
here=$(cd "${0%/*}" && pwd)
. "$here/lib.sh"

fleet 4
cd "$work" || exit 1
. "$here/files.sh"
make_files

# ---- bytes and names
printf 'tail without end' >"-n x
'y' \$(z) \"q\" *"
chmod 640 nul
lua names host1 '
local odd = "-n x\n'\''y'\'' $(z) \"q\" *"
local h = hosts[1]
local function show(r) print(r.changed, r.bytes, r.host, r.ok) end
show(h:put("big", "big"))
show(h:put("empty", "/srv/empty"))
show(h:put("nul", "nul"))
show(h:put(odd, "/srv/"))
show(h:get("/srv/" .. odd, "back/"))
show(h:get("big", "back/new/big"))
show(h:get("nul", "back/nul", { mode = "600" }))
show(h:get("/srv/empty", "back"))'
same "what they say" "$(cat "$out")" "$(printf '%s\n' 'true	10485760	host1	true' 'true	0	host1	true' 'true	5	host1	true' 'true	16	host1	true' 'true	16	host1	true' 'true	10485760	host1	true' 'true	5	host1	true' 'true	0	host1	true')"
same "10 MiB" "$(sum_on host1 /root/big)" "$(sum_here big)"
cmp big back/new/big && cmp nul back/nul && cmp empty back/empty && cmp -- "-n x
'y' \$(z) \"q\" *" "back/-n x
'y' \$(z) \"q\" *" && ok "all of it back here" || fail "what came back differs"
same "its mode went along" "$(mode_on host1 /root/nul)" 640
same "its mode here" "$(stat -c %a back/nul)" 600

# ---- what is there is not sent again; a mode may be set all the same
inode=$(inode_on host1 /root/big)
on host1 ln /root/nul /root/linked # what is replaced leaves the other name alone
cp nul nul.old
lua again host1 '
local h = hosts[1]
local function show(r) print(r.changed, r.bytes) end
show(h:put("big", "big"))
show(h:get("big", "back/new/big"))
show(h:put("nul", "nul", { mode = "0600" }))
show(h:put("nul", "nul"))
localhost:write("nul", "other")
show(h:put("nul", "nul"))'
same "what they say" "$(cat "$out")" "$(printf '%s\n' 'false	10485760' 'false	10485760' 'true	5' 'false	5' 'true	5')"
same "the same file is there" "$(inode_on host1 /root/big)" "$inode"
same "a file that is replaced keeps its mode" "$(mode_on host1 /root/nul) $(on host1 cat /root/nul)" "600 other"
on host1 cat /root/linked | cmp -s - nul.old && ok "nobody writes into the old file" || fail "the old file was written to"
on host1 chown 1234:4321 /root/nul
lua owner host1 'localhost:write("nul", "third") hosts[1]:put("nul", "nul", { mode = "640" })'
same "and its owner" "$(on host1 stat -c '%u:%g %a' /root/nul)" "1234:4321 640"

# ---- what cannot be
on host1 mkdir /srv/dir
on host1 ln -s /srv/dir /srv/link
lua refused host1 '
local h = hosts[1]
local function try(f, ...)
  local ok, e = pcall(h[f], h, ...)
  print(ok, ok or e.kind, ok or e.code, ok or e.err)
end
try("put", "nul", "/nowhere/at/all")
try("put", ".", "/srv/x")
try("put", "missing", "/srv/x")
try("put", "nul", "/dev/null")
try("put", "nul", "/proc/1/nul")
try("put", "nul", "/srv/link")
try("get", "/srv/dir", "x")
try("get", "/srv/missing", "x")
try("get", "/proc/uptime", "x")
try("get", "nul", "/proc/nope/x")
h:run("mkdir -p /srv/dir/nul.d/nul")
try("put", "nul", "/srv/dir/nul.d")'
cat "$out"
printed "there is no directory /nowhere/at/"
printed "./. is a directory, and put takes a file: pack it first (tar)"
printed "cannot access './missing': No such file or directory"
printed "/dev/null is not a regular file"
printed "cannot write in /proc/1/: "
printed "/srv/dir is a directory, and get takes a file"
printed "cannot access '/srv/missing'"
printed "/proc/uptime does not tell its size"
printed "/srv/dir/nul.d/nul is a directory"
same "all but one" "$(grep -c "^false	exit	1	" "$out") $(grep -c ^true "$out")" "10 1"
same "through a link to a directory" "$(on host1 cat /srv/dir/nul)" third

# ---- a full disk
head -c 60000000 /dev/zero >huge
lua full host2 '
local h = hosts[1]
h:run("echo old >/root/huge")
local ok, e = pcall(h.put, h, "huge", "huge")
print(ok, e.kind, e.message)'
printed "cannot write ./huge: No space left on device"
same "the old file" "$(on host2 cat /root/huge)" old
same "and no part of the new one" "$(parts_on host2)" ""

# ---- many hosts, each its file; other shells
hosts shell host3 /usr/bin/fish
hosts sh host4 /bin/busybox
lua many 'host[1-4]' '
hosts:run("hostname >name; head -c 300000 /dev/zero >zeros")
hosts:each(function(h)
  h:get("name", "all/" .. h.name .. "/name")
  h:get("zeros", "all/" .. h.name .. "/")
  local r = h:put("big", "/srv/big")
  print(h.name, r.changed, r.bytes, h:put("big", "/srv/big").changed)
end)'
same "all were changed" "$(sort -u "$out")" "$(printf 'host%d	true	10485760	false\n' 1 2 3 4)"
for h in host1 host2 host3 host4; do
    same "of $h" "$(cat all/$h/name) $(wc -c <all/$h/zeros) $(sum_on $h /srv/big)" "$h 300000 $(sum_here big)"
done

# ---- options of ssh are the transfer's, too: without them nobody is called hostx
addr=$("$hosts_sh" list | awk '$1 == "host1" { print $2 }')
printf 'workflow {}\nlocal h = hosts[1]\nh:put("nul", "/srv/optional") print(h:read("/srv/optional"))\n' >options.lua
expect_code 0 pawl run options.lua --hosts hostx --ssh-option "HostName=$addr" --ssh-option HostKeyAlias=host1
same "sent to whom the options name" "$(cat "$out")" "$(cat nul)"

# ---- a template
printf 'name={{ host.name }}\n{%% for i = 1, n do %%}\n{{ i }}\n{%% end %%}\n' >t.conf
lua filled host1 '
local h = hosts[1]
local function show(r) print(r.changed) end
show(h:template("t.conf", "/srv/t", { n = 2 }, { mode = "0640" }))
show(h:template("t.conf", "/srv/t", { n = 2 }, { mode = "0640" }))
show(h:template("t.conf", "/srv/t", { n = 2 }, { mode = "0600" }))
show(h:template("t.conf", "/srv/t", { n = 3 }))
show(h:template("t.conf", "/srv/t", { n = 3 }))'
same "what changed" "$(tr '\n' ' ' <"$out")" "true false true true false "
same "what it became" "$(on host1 cat /srv/t) $(mode_on host1 /srv/t)" "name=host1
1
2
3 600"

finish
