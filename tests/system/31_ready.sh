#!/bin/sh
# SPDX-License-Identifier: MIT
# A service manager is told that the engine is ready when people can ask it, and not before;
# one that does not listen holds nobody up. What an engine left unfinished goes on then.
. "${0%/*}/lib.sh"

cat >"$work/waits.lua" <<'EOF'
sleep "1s"
localhost:run "echo gone on"
EOF
expect_code 0 pawl run -d "$work/waits.lua" --name waits
engine_kill

cat >"$work/manager.py" <<'EOF'
import json, os, socket, subprocess, sys
pawl, path = sys.argv[1:3]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(path)
listener.settimeout(30)
engine = subprocess.Popen([pawl, "daemon", "--foreground"], env=dict(os.environ, NOTIFY_SOCKET=path),
                          stderr=subprocess.DEVNULL)
said = listener.recv(100).decode()
status = subprocess.run([pawl, "status", "--json"], capture_output=True, text=True)
print(said, status.returncode, json.loads(status.stdout)["pid"] == engine.pid)
subprocess.run([pawl, "wait", "waits", "--check", "--timeout", "60"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([pawl, "daemon", "--stop"], check=True)
print(engine.wait())
EOF
same "the manager" "$(python3 "$work/manager.py" "$PAWL" "$work/notify")" "READY=1 0 True
0"
same "what went on" "$(pawl receive waits --all)" "gone on"
expect_code 0 pawl daemon --stop
NOTIFY_SOCKET=$work/nobody expect_code 0 pawl get
finish
