#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""followers.py SOCKET JOB FOLLOWERS RECORDS SILENT

Follows a job over so many connections at once until RECORDS records have come. Each prints
every record's number; now and then one hangs up in the middle of a line and comes back with
since=. Every follower must get every record once, in order. SILENT more ask and never read.
Says "all follow" when they do; prints a line of figures at the end.
"""
import json
import random
import select
import socket
import sys
import time


class Follower:
    def __init__(self, path, job):
        self.path, self.job, self.seq, self.hung_up = path, job, 0, 0
        self.connect()

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)
        # HTTP/1.0: no chunks, the body ends with the connection.
        self.sock.sendall(b"GET /v1/jobs/%d/records?follow=1&until=finished&since=%d HTTP/1.0\r\n\r\n"
                          % (self.job, self.seq))
        self.sock.setblocking(False)
        self.bytes, self.has_head = b"", False

    def take(self, size):
        piece = self.sock.recv(size)
        self.bytes += piece
        if not self.has_head:
            head, end, rest = self.bytes.partition(b"\r\n\r\n")
            if not end:
                return bool(piece)
            if b" 200 " not in head:
                raise SystemExit("refused: %r" % head)
            self.bytes, self.has_head = rest, True
        *lines, self.bytes = self.bytes.split(b"\n")
        for line in lines:
            self.line(json.loads(line))
        return bool(piece)

    def line(self, record):
        if record.get("seq") != self.seq + 1:
            raise SystemExit("after record %d came %s" % (self.seq, record))
        if record["data"] != "%d %s\n" % (record["seq"], "x" * (record["seq"] * 37 % 3000)):
            raise SystemExit("record %d is %s" % (self.seq, record))
        self.seq += 1


def main():
    path, job, count, records, silent = sys.argv[1], *map(int, sys.argv[2:])
    rng = random.Random(46)
    quiet = [Follower(path, job) for _ in range(silent)]
    epoll, followers = select.epoll(), {}

    def add(follower):
        followers[follower.sock.fileno()] = follower
        epoll.register(follower.sock.fileno(), select.EPOLLIN)

    def drop(follower):
        epoll.unregister(follower.sock.fileno())
        del followers[follower.sock.fileno()]
        follower.sock.close()

    for _ in range(count):
        add(Follower(path, job))
    done, deadline = [], time.monotonic() + 100
    said = False
    while len(done) < count:
        if time.monotonic() > deadline:
            raise SystemExit("%d of %d have everything, the last one is at %d"
                             % (len(done), count, min(f.seq for f in followers.values())))
        for fd, _ in epoll.poll(1):
            follower = followers[fd]
            more = follower.take(rng.choice([100, 4096, 65536]))
            if follower.seq == records:
                drop(follower)
                done.append(follower)
            elif not more or rng.random() < 0.02:
                if not more:
                    raise SystemExit("it ended after record %d" % follower.seq)
                drop(follower)
                follower.hung_up += 1
                follower.connect()
                add(follower)
        if not said and all(f.has_head for f in followers.values()):
            said = True
            print("all follow", flush=True)
    print("%d followers, %d records each, %d times one hung up, %d never read"
          % (count, records, sum(f.hung_up for f in done), len(quiet)))


main()
