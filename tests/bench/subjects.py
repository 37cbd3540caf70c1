"""The console daemons that are compared: how each is started, and how a viewer connects to it.

A subject is a function (place, child, log) -> (argv, connect). place is a folder of its own, child
the command for the pty, log the log file or None; connect() returns a connected socket, or raises
OSError while the daemon is not ready yet.
"""

import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import time

from measure import cpu_seconds, memory_kib, runs, tree, wait_until

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))


class Failed(Exception):
    """Something did not run, or bytes were lost."""


def tool(name):
    return f"{BUILD}/bench/{name}"


def unix_connect(path):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(path)
    except OSError:
        s.close()
        raise
    return s


def floor(place, child, log):
    path = f"{place}/s"
    options = ["-o", log] if log else []
    return [tool("floor"), *options, path, *child], lambda: unix_connect(path)


def ptybufferd(place, child, log):
    path = f"{place}/s"
    options = ["-d", "-q", "-i", "-n", "1"] + (["-o", log] if log else [])
    return [f"{BUILD}/bin/ptybufferd", *options, path, *child], lambda: unix_connect(path)


def socat(place, child, log):
    """Keeps no log, and one viewer is all it ever takes."""
    path = f"{place}/s"
    command = f"EXEC:{shlex.join(child)},pty,raw,echo=0"
    return ["socat", command, f"UNIX-LISTEN:{path}"], lambda: unix_connect(path)


CONSERVER_CF = """\
config * {{ sslrequired no; logfile {place}/server.log; }}
default full {{ rw *; }}
default * {{ logfile {log}; timestamp ""; include full; master localhost; type exec; }}
console bench {{ exec {child}; }}
access * {{ trusted 127.0.0.1; allowed 127.0.0.1; }}
"""

CONSERVER_MANY = """\
config * {{ sslrequired no; logfile {place}/server.log; }}
default full {{ rw *; }}
default * {{ logfile {place}/&.log; timestamp ""; include full; master localhost; type exec; }}
access * {{ trusted 127.0.0.1; allowed 127.0.0.1; }}
"""


def free_ports(count):
    """Ports nobody listens on now; found together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def conserver(place, child, log):
    port, groups = free_ports(2)
    with open(f"{place}/conserver.cf", "w") as f:
        f.write(
            CONSERVER_CF.format(place=place, log=log or "/dev/null", child=shlex.join(child))
        )
    argv = ["conserver", "-C", f"{place}/conserver.cf", "-P", f"{place}/passwd"]
    argv += ["-M", "127.0.0.1", "-p", str(port), "-b", str(groups)]
    return argv, lambda: conserver_connect(port)


def line_of(s):
    line = b""
    while not line.endswith(b"\n"):
        byte = s.recv(1)
        if not byte:
            raise ConnectionError(f"closed after {line!r}")
        line += byte
    return line.decode().strip()


def conserver_ask(s, command):
    s.sendall(command.encode() + b"\r\n")
    return line_of(s)


def conserver_login(port):
    s = socket.create_connection(("127.0.0.1", port), 10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if line_of(s) != "ok" or conserver_ask(s, "login bench") != "ok":
        raise ConnectionError("conserver: no login")
    return s


def conserver_connect(port):
    """The master answers `call` with the port of the group's own process; there the same again
    attaches, and ^Ec; is what its client types to start the output."""
    with conserver_login(port) as master:
        answer = conserver_ask(master, "call bench")
    if not answer.isdigit():
        raise ConnectionError(f"conserver: call: {answer}")
    s = conserver_login(int(answer))
    answer = conserver_ask(s, "call bench")
    if not answer.startswith("["):
        raise ConnectionError(f"conserver: call: {answer}")
    s.sendall(b"\x05c;")
    line_of(s)
    return s


def started(pid):
    """Tells a process from a later one with the same id."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            return f.read().rpartition(b")")[2].split()[19]
    except OSError:
        return None


class Running:
    """One started subject, with its log and its viewers. Leaving ends it, by process id, and
    removes its folder: a log that is gone is never written to the disk under the next run."""

    def __init__(self, subject, place, child, log=True):
        os.mkdir(place)
        self.place, ready = place, f"{place}/ready"
        self.log = f"{place}/bench.log" if log and subject is not socat else None
        self.child = [tool("child"), ready, *child]
        argv, self.connect_once = subject(place, self.child, self.log)
        self.viewers = []
        with open(f"{place}/messages", "w") as messages:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
                start_new_session=True,
            )
        try:
            wait_until(argv[0], lambda: os.path.exists(ready) or self.check_alive())
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def check_alive(self):
        if self.process.poll() is not None:
            with open(f"{self.place}/messages") as f:
                last = f.read().strip().splitlines()[-1:]
            raise Failed(f"ended with {self.process.returncode}: {' '.join(last)}")

    def connect(self, count):
        """count more viewers, attached and with their greeting read."""

        def attempt():
            self.check_alive()
            try:
                return self.connect_once()
            except OSError:
                return None

        new = []
        for _ in range(count):
            new.append(wait_until("connect", attempt))
            self.viewers.append(new[-1])
        self.settle()
        return new

    def settle(self, silence=0.1, most=5.0):
        """Reads away what comes unasked, until nothing has come for a while."""
        poll = select.poll()
        for s in self.viewers:
            s.setblocking(False)
            poll.register(s, select.POLLIN)
        end = time.monotonic() + most
        while time.monotonic() < end:
            ready = poll.poll(silence * 1000)
            if not ready:
                return
            for fd, _ in ready:
                if not os.read(fd, 1 << 18):
                    raise Failed("closed a viewer")
        raise Failed("never silent")

    def daemons(self):
        """The processes of the daemon itself, without the command on the pty."""
        return [p for p in tree(self.process.pid) if not runs(p, self.child[0])]

    def cpu(self):
        return sum(map(cpu_seconds, self.daemons()))

    def memory_kib(self, field):
        return sum(memory_kib(p, field) for p in self.daemons())

    def stop(self):
        for s in self.viewers:
            s.close()
        self.end_processes()
        shutil.rmtree(self.place, ignore_errors=True)

    def end_processes(self):
        family = [(p, started(p)) for p in tree(self.process.pid)]
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid, birth in family[1:]:  # what it left behind
            if birth and started(pid) == birth:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
