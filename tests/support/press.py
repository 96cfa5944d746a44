#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""press.py: types a line into a shell on a terminal, presses TAB, and shows what comes.

    press.py SHELL SETUP LINE [TEXT]

SHELL is bash, zsh or fish, without anybody's settings; SETUP is run in it first. TAB is
pressed once more where the first one shows nothing, as a person would. With TEXT the
line ends as soon as it is there. On standard output: all that arrived, without escape
sequences.
"""
import os
import pty
import re
import select
import sys
import time

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
READY = b"shell-is-%s"
SEQUENCE = re.compile(rb"\x1b(\[[0-9;?<>=]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()].|[=>])")


class Shell:
    def __init__(self, name):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb" if name != "fish" else "xterm", PS1="$ ", COLUMNS="80",
                              fish_features="no-query-term")
            os.execvp(SHELLS[name][0], SHELLS[name])
        self.got = b""

    def take(self, seconds):
        """False when nothing has come in that time."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            self.got += os.read(self.fd, 65536)
        except OSError:
            return False
        return True

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, text, seconds):
        end = time.monotonic() + seconds
        while text not in self.plain() and time.monotonic() < end:
            self.take(0.1)
        return text in self.plain()

    def quiet(self, seconds):
        while self.take(seconds):
            pass

    def plain(self):
        return SEQUENCE.sub(b"", self.got)

    def end(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def main():
    name, setup, line = sys.argv[1:4]
    wanted = sys.argv[4].encode() if len(sys.argv) > 4 else None
    shell = Shell(name)
    shell.quiet(0.2)
    # The words of the marker are apart, so that its echo is not taken for it.
    shell.type(setup + "; echo shell-is''-ready\n")
    if not shell.until(b"shell-is-ready", 30):
        print(shell.plain().decode(errors="replace"))
        shell.end()
        sys.exit("press.py: %s does not begin" % name)
    shell.quiet(0.2)
    shell.got = b""
    shell.type(line)
    shell.quiet(0.15)
    for _ in range(3):
        shell.type("\t")
        if not wanted:
            shell.quiet(1.0)
        elif shell.until(wanted, 5):
            break
    print(shell.plain().decode(errors="replace").replace("\r", "\n"))
    shell.end()


main()
