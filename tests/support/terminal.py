#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""terminal.py: a command on a terminal that does little, and what is on it at the end.

    terminal.py [OPTION]... -- COMMAND [ARGUMENT]...

The terminal knows the sequences that Pawl uses itself: carriage return, new line,
erasing, going up, colours. Whatever else arrives would have driven a real one: that is
said, and the exit code is 99. Else it is the command's (128 + n for signal n).
On standard output: the lines of the screen and above it, without empty ones at the end.

    --columns N          its width (80)
    --when TEXT ACTION   when TEXT is on the screen, once, and in the order given:
                         run:COMMAND (of sh), columns:N (a new width, lines are wrapped
                         anew), key:C (^C, ^Z), type:TEXT (and Enter), signal:NAME to
                         the command, shot:FILE (writes what is on it now)
    --term NAME          its TERM (xterm)
    --strict             a carriage return stands before a new line, or it has driven it
    --raw FILE           everything that arrived
"""
import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import unicodedata

SEQUENCE = re.compile(rb"\x1b\[([0-9;]*)([A-Za-z])")
PATIENCE_S = 120  # without a byte: it hangs


class Screen:
    """Rows as lists of characters; the last one need not be the cursor's."""

    def __init__(self, columns):
        self.columns, self.rows, self.at, self.col, self.foreign = columns, [[]], 0, 0, []

    def put(self, char):
        if unicodedata.combining(char) and 0 < self.col <= len(self.rows[self.at]):
            self.rows[self.at][self.col - 1] += char
            return
        cells = [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
        if self.col + len(cells) > self.columns:
            self.newline()
            self.col = 0
        row = self.rows[self.at]
        row.extend(" " * (self.col + len(cells) - len(row)))
        row[self.col:self.col + len(cells)] = cells
        self.col += len(cells)

    def newline(self):
        self.at += 1
        if self.at == len(self.rows):
            self.rows.append([])

    def control(self, byte):
        if byte == 13:
            self.col = 0
        elif byte == 10:
            self.newline()
        elif byte == 9:
            self.col = min(self.columns - 1, (self.col // 8 + 1) * 8)
        else:
            self.foreign.append("byte %02x" % byte)

    def sequence(self, arguments, letter):
        n = int(arguments or b"0") if arguments.isdigit() or not arguments else -1
        if letter == b"K" and n == 0:
            del self.rows[self.at][self.col:]
        elif letter == b"J" and n == 0:
            del self.rows[self.at][self.col:]
            del self.rows[self.at + 1:]
        elif letter == b"A" and n >= 0:
            self.at = max(0, self.at - max(n, 1))
        elif letter != b"m":
            self.foreign.append("CSI %s%s" % (arguments.decode(), letter.decode()))

    def resize(self, columns):
        """The cursor stays at its character, as where a terminal wraps lines anew."""
        rows, at, col = [], 0, 0
        for i, row in enumerate(self.rows):
            pieces = [row[j:j + columns] for j in range(0, len(row), columns)] or [[]]
            if i == self.at:
                at = len(rows) + min(max(self.col - 1, 0) // columns, len(pieces) - 1)
                col = self.col - (at - len(rows)) * columns
            rows.extend(pieces)
        self.columns, self.rows, self.at, self.col = columns, rows, at, col

    def text(self):
        lines = ["".join(row).rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join(lines)


class Feed:
    """Bytes as they come, to the screen; what is not whole yet waits."""

    def __init__(self, screen):
        self.screen, self.waiting = screen, b""

    def take(self, data):
        data, self.waiting, i = self.waiting + data, b"", 0
        while i < len(data):
            n = self.one(data, i)
            if n == 0:
                self.waiting = data[i:]
                return
            i += n

    def one(self, data, i):
        byte = data[i]
        if byte == 0x1b:
            match = SEQUENCE.match(data, i)
            if match:
                self.screen.sequence(*match.groups())
                return match.end() - i
            if len(data) - i < 8:
                return 0
            self.screen.control(byte)
            return 1
        if byte < 0x20 or byte == 0x7f:
            self.screen.control(byte)
            return 1
        return self.character(data, i)

    def character(self, data, i):
        n = 1 if data[i] < 0x80 else 2 if data[i] < 0xe0 else 3 if data[i] < 0xf0 else 4
        if len(data) - i < n:
            return 0
        try:
            char = data[i:i + n].decode()
        except UnicodeDecodeError:
            self.screen.foreign.append("byte %02x" % data[i])
            return 1
        if "\x80" <= char < "\xa0" or char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            self.screen.foreign.append("U+%04X" % ord(char))
        else:
            self.screen.put(char)
        return n


def width_set(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def act(action, screen, fd, pid):
    kind, _, value = action.partition(":")
    if kind == "run":
        subprocess.run(["sh", "-c", value], stdout=subprocess.DEVNULL, check=True)
    elif kind == "columns":
        screen.resize(int(value))
        width_set(fd, int(value))
    elif kind == "key":
        os.write(fd, bytes([ord(value[-1]) & 0x1f]))
    elif kind == "type":
        os.write(fd, value.encode() + b"\n")
    elif kind == "signal":
        os.kill(pid, getattr(signal, "SIG" + value))
    elif kind == "shot":
        with open(value, "w") as file:
            file.write(screen.text() + "\n")
    else:
        sys.exit("terminal.py: no such action: " + action)


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--when", nargs=2, action="append", default=[])
    parser.add_argument("--raw")
    parser.add_argument("--term", default="xterm")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def run(options, fd, pid, screen):
    feed, raw, whens = Feed(screen), b"", list(options.when)
    while True:
        if not select.select([fd], [], [], PATIENCE_S)[0]:
            os.kill(pid, signal.SIGKILL)
            screen.foreign.append("nothing for %d s" % PATIENCE_S)
            return raw
        try:
            data = os.read(fd, 65536)
        except OSError:  # EIO: nobody has it open any more
            return raw
        if not data:
            return raw
        raw += data
        feed.take(data)
        while whens and whens[0][0] in screen.text():
            act(whens.pop(0)[1], screen, fd, pid)


def main():
    options = arguments()
    pid, fd = pty.fork()
    if pid == 0:
        width_set(0, options.columns)
        os.environ["TERM"] = options.term
        os.execvp(options.command[0], options.command)
    screen = Screen(options.columns)
    raw = run(options, fd, pid, screen)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if options.strict and re.search(rb"\r(?!\r*\n)", raw):
        screen.foreign.append("a carriage return")
    if options.raw:
        with open(options.raw, "wb") as file:
            file.write(raw)
    print(screen.text())
    if screen.foreign:
        print("it was driven: " + ", ".join(screen.foreign[:10]), file=sys.stderr)
        sys.exit(99)
    sys.exit(code if code >= 0 else 128 - code)


main()
