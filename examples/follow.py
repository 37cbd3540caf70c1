#!/usr/bin/env python3
"""follow.py CONTROL-SOCKET PLACE-FILE: print what a job says, each byte once.

Where it stopped is kept in PLACE-FILE, so that it goes on there when it is started again, or when
the connection broke. What the daemon no longer has by then is told on stderr.
"""
import json
import os
import re
import socket
import sys
import time

# What the daemon puts into the stream when we do not keep up; not itself counted.
MARKER = re.compile(rb"\n\[\[(\d+) bytes skipped\]\]\n")


def attach(path, place):
    """A connection that has become the stream, its answer, and the stream's first bytes."""
    s = socket.socket(socket.AF_UNIX)
    s.connect("\0" + path[1:] if path.startswith("@") else path)
    request = {"cmd": "attach", "readonly": True, "from": place or "all"}
    s.sendall(json.dumps(request).encode() + b"\n")
    got = b""
    while b"\n" not in got:
        more = s.recv(4096)
        if not more:
            raise ConnectionError("closed without an answer")
        got += more
    line, rest = got.split(b"\n", 1)
    answer = json.loads(line)
    if "error" in answer:
        sys.exit("follow.py: " + answer["error"]["message"])
    return s, answer, rest


def keep(file, place):
    with open(file + ".new", "w") as f:
        json.dump(place, f)
    os.replace(file + ".new", file)


def follow(path, file):
    place = json.load(open(file)) if os.path.exists(file) else None
    s, answer, data = attach(path, place)
    if place and place["epoch"] != answer["epoch"]:
        print("follow.py: the job's daemon was started anew", file=sys.stderr)
    elif answer["skipped"]:
        print("follow.py:", answer["skipped"], "bytes are gone", file=sys.stderr)
    place = {"epoch": answer["epoch"], "offset": answer["offset"]}
    while True:
        if data:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            marks = list(MARKER.finditer(data))
            place["offset"] += len(data) - sum(len(m[0]) for m in marks)
            place["offset"] += sum(int(m[1]) for m in marks)
            keep(file, place)
        data = s.recv(65536)
        if not data:
            return


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    while True:
        try:
            follow(sys.argv[1], sys.argv[2])
        except (ConnectionError, FileNotFoundError):
            pass
        time.sleep(1)


try:
    main()
except KeyboardInterrupt:
    pass
