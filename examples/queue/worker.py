#!/usr/bin/python3
"""worker.py QUEUE: takes items until none has come for a second, and prints each in capitals.

REDIS_SOCKET is the server's socket; the library must be loaded: see lineman-redis(7).
"""
import os
import secrets
import sys

import redis

LEASE_MS = 60000
LOOK_S = 1


def main(queue):
    prefix = "lineman:{q.%s}:" % queue
    r = redis.Redis(unix_socket_path=os.environ["REDIS_SOCKET"])

    def call(step, *args):
        return r.fcall("lineman_queue_work_" + step, 1, prefix + "mode", *args)

    while True:
        token = secrets.token_hex(8)
        now, next_due, *item = call("take", LEASE_MS, token, "py:%d" % os.getpid())
        if not item:
            soon = LOOK_S if next_due < 0 else min(LOOK_S, max(0.001, (next_due - now) / 1000))
            if r.blpop([prefix + "wake"], timeout=soon) or soon < LOOK_S:
                continue
            return
        ident, payload = item[0][0], item[0][11]
        sys.stdout.buffer.write(payload.upper() + b"\n")
        sys.stdout.buffer.flush()
        if call("ack", ident, token)[0] != b"done":
            print("worker.py: %s: lease lost" % ident.decode(), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
