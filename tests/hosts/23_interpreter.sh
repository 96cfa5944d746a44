#!/bin/sh
# SPDX-License-Identifier: MIT
# Scripts in other languages on hosts: they run by what their first line names there, and
# where that is not installed the host's part is Failed, in words; other hosts go on.
. "${0%/*}/lib.sh"
fleet 2
cat >"$work/script" <<'EOF'
#!/opt/only-here
echo "$1 by $0"
EOF
on host1 sh -c 'mkdir -p /opt && cp /bin/sh /opt/only-here'
pawl invoke --hosts host1,host2 -f "$work/script" --name both -- word >"$out" 2>"$err"
same "exit code" "$?" 1
printed "host1: word by "
same "host2's state" "$(child both host2 state)" Failed
same "host2's reason" "$(child both host2 reason)" \
    "exit code 127: there is no interpreter /opt/only-here on this host"
same "host1's state" "$(child both host1 state)" Completed
expect_code 0 pawl invoke --hosts host1 --shell /opt/only-here -c 'echo "$1"' -- text
printed text
expect_code 1 pawl invoke --hosts host1 --arch nosuch --name arch -- true
case $(child arch host1 reason) in
*"nosuch"*) ok "an unknown architecture is said in words" ;;
*) fail "the reason is: $(child arch host1 reason)" ;;
esac
finish
