#!/bin/sh
# SPDX-License-Identifier: MIT
# A line so slow that a command's standard input takes longer than any answer may: nothing is
# heard meanwhile, and ssh has taken it all long before it is there.
. "${0%/*}/lib.sh"
fleet 1

cat >"$work/slow.py" <<'PY'
import os, socket, sys, threading, time
to = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def down():
    while data := to.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=down).start()
while data := os.read(0, 4096):
    to.sendall(data)
    time.sleep(len(data) / 40000)
to.shutdown(socket.SHUT_WR)
PY
head -c 1600000 /dev/urandom >"$work/input"
expect_code 0 pawl invoke --hosts host1 --ssh-option "ProxyCommand=python3 $work/slow.py %h %p" \
    --ssh-option Compression=no --stdin "$work/input" \
    -c 'echo "attempt $PAWL_ATTEMPT" >>/root/oracle; cksum'
same "what came there" "$(head -n 1 "$out")" "$(cksum <"$work/input")"
same "how often" "$(oracle host1)" "attempt 1"

finish
