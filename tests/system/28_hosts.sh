#!/bin/sh
# SPDX-License-Identifier: MIT
# Which hosts a set means, from inventories of every kind, found where they are said to
# be; and what is wrong with those that are not right. None of it needs an engine, and
# none is started.
. "${0%/*}/lib.sh"
root=$(cd "${0%/*}/../.." && pwd)
unset PAWL_INVENTORY
mkdir -p "$work/home" "$work/inv"
cd "$work" || exit 1

# hosts SET...: their names, in one line.
names() { pawl hosts -q "$@" 2>"$err" | tr '\n' ' '; }
row() { pawl hosts --json "$@" | jq -cS .; }

# without an inventory, names are hosts
expect_code 2 pawl hosts
said "there is no inventory: name hosts"
same "plain names" "$(names 'web[08-10],db1,!web09')" "web08 web10 db1 "
same "a stranger's row" "$(row me@gate:2222)" \
    '{"dest":"me@gate:2222","groups":[],"name":"me@gate:2222","vars":{}}'
expect_code 3 pawl hosts @web
said "a group needs an inventory, and there is none; name one with --inventory"
expect_code 3 pawl hosts 'a,!a'
said "that is no host at all"
expect_code 2 pawl hosts -- -oProxyCommand=x
said "is no host"
expect_code 2 pawl hosts 'web[3-1]'
said "a range goes upwards"
expect_code 2 pawl hosts a b
said "what is b?"

# the example in Lua, and the same hosts in Ansible's YAML
for file in hosts.lua hosts.yaml; do
    PAWL_INVENTORY=$root/examples/$file
    export PAWL_INVENTORY
    same "$file: a set" "$(names '@prod,!@canary,!db*')" \
        "ber-web02 ber-web03 ham-web01 ham-web02 ham-web03 "
    same "$file: a pattern" "$(names '*web03')" "ber-web03 ham-web03 "
    same "$file: all" "$(pawl hosts -q | wc -l)" 10
    same "$file: this machine" "$(pawl hosts here --json | jq -r .dest)" localhost
    same "$file: db1" "$(row db1)" '{"dest":"postgres@db1","groups":["prod","db"],"name":"db1","vars":{"ansible_user":"postgres","retention_days":90,"user":"deploy"}}'
    same "$file: ham-web02's variables" "$(row ham-web02 | jq -cS .vars)" \
        '{"http_port":8080,"retention_days":14,"site":"ham","user":"deploy"}'
    same "$file: groups of canaries" "$(pawl hosts @canary --groups -q | sort | tr '\n' ' ')" \
        "all canary db prod web "
    same "$file: a group" "$(pawl hosts --groups --json | jq -cS 'select(.group == "prod") | del(.vars)')" \
        '{"children":["web","db"],"group":"prod","hosts":["ber-web01","ber-web02","ber-web03","ham-web01","ham-web02","ham-web03","db1","db2"]}'
done
unset PAWL_INVENTORY
pawl hosts -i "$root/examples/hosts.lua" gate db1 >"$out" 2>&1
pawl hosts -i "$root/examples/hosts.lua" gate,db1 >"$out"
same "the table" "$(cat "$out")" "Name        Destination                  Groups      Vars
gate        admin@gate.example.com:2222  ungrouped   5
db1         postgres@db1                 prod,db     3"
pawl hosts -i "$root/examples/hosts.lua" @web --groups >"$out"
printed "ber-web[01-03],ham-web[01-03]"

# where it is looked for: the option, the variable, the home; never here
echo option >inv/option.ini
echo variable >inv/variable.ini
echo here >hosts.ini
expect_code 2 pawl hosts
echo home >home/hosts.ini
same "the home's" "$(names)" "home "
same "the variable's" "$(PAWL_INVENTORY=inv/variable.ini names)" "variable "
same "the option's" "$(PAWL_INVENTORY=inv/variable.ini names -i inv/option.ini)" "option "
same "an empty variable is none" "$(PAWL_INVENTORY='' names)" "home "
same "a pipe" "$(printf '[web]\nw[1:2]\n' | names -i /dev/stdin @web)" "w1 w2 "
echo 'return { hosts = "lua" }' >home/hosts.lua
expect_code 2 pawl hosts
said "there are two inventories, "
said "home/hosts.ini; keep one, or name one with --inventory"
rm home/hosts.lua home/hosts.ini
ln -s nowhere home/hosts.yml
expect_code 2 pawl hosts
said "home/hosts.yml: No such file"
rm home/hosts.yml
: >home/hosts
expect_code 0 pawl hosts
same "an empty one has nobody" "$(cat "$out")" ""
rm home/hosts
expect_code 2 env PAWL_INVENTORY=/nonexistent "$PAWL" hosts
said "PAWL_INVENTORY: cannot open the inventory /nonexistent: No such file"
expect_code 2 pawl hosts -i inv
said "is a directory; name one file"

# a program: run here, with what is set here
cat >inv/asks <<'EOF2'
#!/bin/sh
[ "$1" = --list ] || exit 9
[ -n "${TOKEN:-}" ] || { echo "log in first: TOKEN is not set" >&2; exit 3; }
echo "{\"web\": {\"hosts\": [\"w1\", \"w2\"], \"vars\": {\"token\": \"$TOKEN\", \"dir\": \"${PWD##*/}\"}},"
echo ' "_meta": {"hostvars": {"w2": {"ansible_host": "10.0.0.2"}}}}'
EOF2
chmod +x inv/asks
expect_code 2 pawl hosts -i inv/asks
said "the inventory inv/asks failed with exit code 3: log in first: TOKEN is not set"
same "its answer" "$(TOKEN=t row -i inv/asks w2)" \
    "{\"dest\":\"10.0.0.2\",\"groups\":[\"web\"],\"name\":\"w2\",\"vars\":{\"ansible_host\":\"10.0.0.2\",\"dir\":\"${work##*/}\",\"token\":\"t\"}}"
cp inv/option.ini inv/marked
chmod +x inv/marked
expect_code 2 pawl hosts -i inv/marked
said "is executable, so it is run, and it is no program"
chmod +x inv/option.ini
same "a name that says what it is, is not run" "$(names -i inv/option.ini)" "option "

# what is wrong is said with its place
printf '[web]\nw1\n[wbe:vars]\nx=1\n' >inv/bad.ini
expect_code 2 pawl hosts -i inv/bad.ini
said "inv/bad.ini:3: there is no section [wbe]; did you mean 'web'?"
printf 'all:\n  hots:\n    a:\n' >inv/bad.yaml
expect_code 2 pawl hosts -i inv/bad.yaml
said "inv/bad.yaml:2: group all: hots is no part of a group; hosts, children and vars are; did you mean 'hosts'?"
printf 'return {\n  hosts = os.getenv "X" }\n' >inv/bad.lua
expect_code 2 pawl hosts -i inv/bad.lua
said "inv/bad.lua:2: attempt to index a nil value (global 'os')"
expect_code 3 pawl hosts -i "$root/examples/hosts.lua" '@prdo'
said "@prdo: no such group in"
said "did you mean 'prod'?"
expect_code 2 pawl hosts -i "$root/examples/hosts.lua" web
said "write @web"
expect_code 3 pawl hosts -i "$root/examples/hosts.lua" 'x*'
said "no host of"

# a host that cannot be reached as it stands is told, the others are shown
printf 'good\nevil ansible_host=-oProxyCommand=x\n' >inv/evil.ini
expect_code 2 pawl hosts -i inv/evil.ini -q
said 'inv/evil.ini:2: host evil: ansible_host is "-oProxyCommand=x", and that is no address'
printed good
same "and only they" "$(cat "$out")" good

same "no engine was started" "$(find home -name engine.sock)" ""
finish
