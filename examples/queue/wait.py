#!/usr/bin/python3
"""wait.py QUEUE NAME COUNT: a named waiter of a signal queue: prints COUNT messages and ends.

The position is stored after each line: who starts it again goes on where it stopped.
"""
import os
import secrets
import sys

import redis


def main(queue, name, count):
    prefix = "lineman:{q.%s}:" % queue
    r = redis.Redis(unix_socket_path=os.environ["REDIS_SOCKET"])

    def call(step, *args):
        return r.fcall("lineman_queue_signal_" + step, 1, prefix + "mode", *args)

    epoch, number, tag = call("start", name, secrets.token_hex(4))[1:]
    print("waiting", file=sys.stderr, flush=True)
    while count > 0:
        missed, _, *position = call("read", epoch, number, tag, min(count, 100))
        messages, (epoch, number, tag) = position[3:], position[:3]
        if missed != 0:
            print("missed %s" % ("some" if missed < 0 else missed), file=sys.stderr)
        for i in range(0, len(messages), 3):
            sys.stdout.buffer.write(messages[i + 2] + b"\n")
            sys.stdout.buffer.flush()
            call("store", name, epoch, messages[i], messages[i + 1])
            count -= 1
        if not messages and count > 0:
            r.xread({prefix + "signal": "%d-0" % int(number)}, count=1, block=5000)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
