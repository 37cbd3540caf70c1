#!/usr/bin/env python3
"""journal.py FILE.log < SCRIPT: writes a journal and its index as lib/journal/record.h describes
them. SCRIPT has a line each:

  TIME text WORDS     the words and LF       TIME bytes HEX    these bytes
  TIME lost N         N bytes are lost       TIME up|down|attach|detach|break|note WORDS
  rotate              FILE.log becomes old file 1 (compressed), the others move on

TIME is in seconds since 1970. Told apart from the C++ that writes the real ones on purpose.
"""
import os
import struct
import subprocess
import sys

KINDS = {"up": 16, "down": 17, "attach": 18, "detach": 19, "break": 20, "note": 21}


def checked(record):
    h = 2166136261
    for i, b in enumerate(record):
        if i not in (42, 43):
            h = ((h ^ b) * 16777619) & 0xFFFFFFFF
    return record[:42] + struct.pack("<H", (h ^ (h >> 16)) & 0xFFFF) + record[44:]


def record(kind, time, offset, position, sample=b""):
    body = struct.pack("<qQQqQBBH4s", time, offset, position, 0, 0, kind, len(sample[:4]), 0, sample[:4])
    return checked(body)


def text(words):
    out = b""
    for i in range(0, len(words), 40):
        piece = words[i:i + 40]
        out += checked(struct.pack("<40sBBHI", piece, 3, len(piece), 0, 0))
    return out


def header(time, offset):
    return checked(struct.pack("<8sqQQqBBHI", b"LMINDEX1", 4242, offset, 0, time, 0, 0, 0, 0))


def pack(path, index, data):
    packed = b"LMINDEX1" + subprocess.run(["zstd", "-q", "-c"], input=b"", capture_output=True).stdout
    with open(path + ".raw", "wb") as f:
        f.write(index)
    # From a file, so that the frame has its size in it.
    packed = b"LMINDEX1" + subprocess.run(["zstd", "-q", "-c", path + ".raw"], capture_output=True).stdout
    os.unlink(path + ".raw")
    body = subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True).stdout
    with open(path, "wb") as f:
        f.write(struct.pack("<II", 0x184D2A57, len(packed)) + packed + body)


def main():
    log = sys.argv[1]
    idx = log[:-4] + ".idx"
    data, index, offset = b"", b"", 0
    for line in sys.stdin.read().splitlines():
        if line == "rotate":
            n = 1
            while os.path.exists("%s.%d.zst" % (log, n)):
                n += 1
            for i in range(n, 1, -1):
                os.rename("%s.%d.zst" % (log, i - 1), "%s.%d.zst" % (log, i))
            index += record(4, 0, offset, len(data))
            pack(log + ".1.zst", index, data)
            data, index = b"", b""
            continue
        when, what, words = (line.split(" ", 2) + [""])[:3]
        time = int(float(when) * 1000000)
        if not index:
            index = header(time, offset)
        if what == "lost":
            index += record(2, time, offset, len(data))
            offset += int(words)
            data += b"\n[[%d bytes skipped]]\n" % int(words)
            continue
        if what in KINDS:
            index += record(KINDS[what], time, offset, len(data)) + text(words.encode())
            continue
        new = bytes.fromhex(words) if what == "bytes" else words.encode() + b"\n"
        index += record(1, time, offset, len(data), new)
        data += new
        offset += len(new)
    with open(log, "wb") as f:
        f.write(data)
    with open(idx, "wb") as f:
        f.write(index)


main()
