# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lib.sh: for tests of the real binary on real hosts: everything of tests/system/lib.sh,
# and a fleet of the test's own. Each begins with `. "${0%/*}/lib.sh"` and `fleet N`.
# On the hosts an oracle, /root/oracle, is appended to by every command that counts.
# shellcheck source=tests/system/lib.sh
. "${0%/*}/../system/lib.sh"

hosts_sh=$(cd "${0%/*}/../support" && pwd)/hosts.sh
PAWL_HOSTS_DIR=$work/hosts
PAWL_SSH_CONFIG=$work/ssh_config
export PAWL_HOSTS_DIR PAWL_SSH_CONFIG

hosts() { "$hosts_sh" "$@" >>"$work/hosts.log" 2>&1; }

# fleet N: host1 to hostN are up; on a network that nobody uses.
fleet() {
    [ "$(id -u)" = 0 ] || skip "hosts in namespaces need root"
    unshare --net --pid --fork true 2>/dev/null || skip "this kernel has no namespaces for us"
    for l_try in 1 2 3 4 5 6 7 8; do
        PAWL_HOSTS_NET=10.$((120 + ($$ + 11 * l_try) % 120))
        export PAWL_HOSTS_NET
        if hosts up "$1" $$; then
            "$hosts_sh" ssh-config >"$PAWL_SSH_CONFIG"
            return 0
        fi
        hosts down
    done
    cat "$work/hosts.log"
    fail "the hosts do not come up"
    exit 1
}

end_more() { [ ! -d "$PAWL_HOSTS_DIR" ] || hosts down; }

# on HOST COMMAND...: inside it, not by ssh.
on() {
    l_host=$1
    shift
    l_pid=$("$hosts_sh" list | awk -v h="$l_host" '$1 == h { print $3 }')
    nsenter -t "$l_pid" -m -p -n -u "$@"
}

oracle() { on "$1" cat /root/oracle 2>/dev/null; }
counted() { oracle "$1" | grep -c -x -F -e "$2"; }
has_counted() { [ "$(counted "$1" "$2")" -ge "${3:-1}" ]; }

# child JOB HOST KEY: a field of the part of a job on a host.
child() { pawl get "$1" --children --json | jq -r "select(.host == \"$2\") | .$3"; }

# The number of the ssh that carries the engine's link to a host.
link_of() { pgrep -P "$(engine_pid)" -f -- " $1 exec /bin/sh -s pawl-runner"; }
