"""The scenarios of queues: qput and qwait beside bare C programs and beside redis-cli,
redis-benchmark, nq and beanstalkd. One Redis serves all subjects of a scenario: on a unix socket,
without persistence, so that it is the programs that are measured, and with our functions loaded, as
the embedded one has them.
"""

import os
import shutil
import socket
import subprocess
import threading
import time

from measure import cpu_seconds, memory_kib, wait_until
from rounds import column, output_of, ratio_column, ratios
from subjects import BUILD, Failed, started, tool

ONE_BY_ONE = 200  # processes of one run of qput
LINES = 200_000  # of one run of qpour
SIZE = 100  # bytes of each
WAKES = 2000  # of one run of qwake
CROWD = 1000  # waiters
CROWD_PUTS = 11
FEW, MANY = 1000, 1_000_000  # items that lie in a queue
STEPS = 2000  # puts and takes measured there
SIGNAL_PUT = ["FCALL", "lineman_queue_signal_put", "1", "lineman:{q.told}:mode"]
SIGNAL_PUT += ["0badcafe", "beef", "1000", "~", "hello"]


def key(queue, part):
    return f"lineman:{{q.{queue}}}:{part}"


def work_put(queue, payload="hello"):
    words = ["FCALL", "lineman_queue_work_put", "1", key(queue, "mode"), "0badcafe", "beef"]
    return [*words, "5", "0", "0", "0", "", "0", "refuse", payload]


class Redis:
    """A server of our own, and a connection to it."""

    def __init__(self, place):
        os.mkdir(place)
        self.place, self.path = place, f"{place}/s"
        argv = ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", place]
        argv += ["--save", "", "--appendonly", "no", "--maxclients", "5000"]
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        self.birth = started(self.process.pid)
        self.socket = wait_until("redis-server", self.connect)
        self.file = self.socket.makefile("rb")
        with open(f"{BUILD}/share/lineman/redis/lineman.lua", encoding="utf-8") as f:
            self.ask("FUNCTION", "LOAD", f.read())
        self.environment = dict(os.environ, LINEMAN_REDIS=f"unix:{self.path}", NQDIR=place)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(self.path)
        except OSError:
            s.close()
            return None
        return s

    def ask(self, *words):
        return self.ask_all([words])[0]

    def ask_all(self, commands):
        self.socket.sendall(b"".join(map(as_command, commands)))
        return [self.answer() for _ in commands]

    def answer(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:].strip().decode()
        if kind == b"$":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        if kind not in b"+:" or not kind:
            raise Failed(f"Redis: {line.decode()}")
        return int(rest) if kind == b":" else rest

    def info(self, section, field):
        lines = self.ask("INFO", section).splitlines()
        return int(next(line.split(":")[1] for line in lines if line.startswith(field + ":")))


def as_command(words):
    parts = [str(w).encode() for w in words]
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)])


class Beanstalkd:
    def __init__(self, place):
        os.mkdir(place)
        self.place, self.path = place, f"{place}/s"
        self.process = subprocess.Popen(["beanstalkd", "-l", f"unix:{self.path}"])
        wait_until("beanstalkd", lambda: os.path.exists(self.path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)


# --- One message, from start to exit


def one_by_one(rounds, redis, argv):
    rounds.quiet.wait()
    out = output_of([tool("each"), str(ONE_BY_ONE), *argv], env=redis.environment)
    wall, cpu = map(float, out[0].split())
    return {"wall": wall, "cpu": cpu}


def qput(rounds):
    with Redis(rounds.folder()) as redis, Beanstalkd(rounds.folder()) as bean:
        bare = [tool("bareput"), "redis", redis.path]
        subjects = {
            "bare C, work": [*bare, *work_put("jobs")],
            "qput -w": [f"{BUILD}/bin/qput", "-w", "jobs", "hello"],
            "bare C, signal": [*bare, *SIGNAL_PUT],
            "qput -q": [f"{BUILD}/bin/qput", "-q", "told", "hello"],
            "redis-cli RPUSH": ["redis-cli", "-s", redis.path, "RPUSH", "list", "hello"],
            "bare C, beanstalkd": [tool("bareput"), "beanstalkd", bean.path, "hello"],
            "nq true": ["nq", "-q", "true"],
            "true": ["true"],
        }
        cases = {k: lambda v=v: one_by_one(rounds, redis, v) for k, v in subjects.items()}
        rows = rounds.alternate("qput", cases, "wall")
    columns = {
        "µs": column("wall", "{:.0f}"),
        "µs / bare C, work": ratio_column(rows, "wall", "bare C, work"),
        "CPU µs of the program": column("cpu", "{:.0f}"),
    }
    rounds.table(f"qput: one message, start to exit, {ONE_BY_ONE} in a run", rows, columns)
    for mode, name in (("-w", "work"), ("-q", "signal")):
        values = ratios(rows, "wall", f"qput {mode}", f"bare C, {name}")
        rounds.target(f"qput: {mode}, of the bare C program's time", values, 1.3)


# --- Many lines on standard input


def make_lines(place):
    """Lines of any bytes of text, and the same as commands for redis-cli and beanstalkd."""
    lines = [os.urandom(SIZE // 2).hex() for _ in range(LINES)]
    for name, form in {
        "lines": "{}\n",
        "redis": f"*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n${SIZE}\r\n{{}}\r\n",
        "beanstalkd": f"put 0 0 60 {SIZE}\r\n{{}}\r\n",
    }.items():
        with open(f"{place}/{name}", "w", encoding="ascii", newline="") as f:
            f.writelines(map(form.format, lines))


def poured(rounds, redis, server, source, put):
    redis.ask("FLUSHALL")
    with open(f"{rounds.place}/{source}", "rb") as f:
        rounds.quiet.wait()
        cpu, start = cpu_seconds(server.process.pid), time.monotonic()
        put(f)
        wall = time.monotonic() - start
    return {
        "rate": LINES / wall / 1000,
        "cpu": (cpu_seconds(server.process.pid) - cpu) / LINES * 1e6,
        "wall": wall,
    }


def pour_into_beanstalkd(path, f):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        sender = threading.Thread(target=s.sendfile, args=(f,))
        sender.start()
        left = LINES
        while left > 0:
            left -= s.recv(1 << 18).count(b"\n")
        sender.join()


def qpour(rounds):
    make_lines(rounds.place)
    with Redis(rounds.folder()) as redis, Beanstalkd(rounds.folder()) as bean:

        def run(*argv):
            def put(f):
                output_of(argv, stdin=f, env=redis.environment)

            return put

        bench = ["redis-benchmark", "-s", redis.path, "-q", "-n", str(LINES)]
        bench += ["-c", "1", "-P", "100"]
        ring = ["XADD", "ring", "MAXLEN", "~", "1000", "*", "m"]
        payload = "m" * SIZE
        subjects = {
            "redis-benchmark RPUSH": ("lines", run(*bench, "RPUSH", "list", payload)),
            "redis-benchmark XADD": ("lines", run(*bench, *ring, payload)),
            "redis-cli --pipe RPUSH": ("redis", run("redis-cli", "-s", redis.path, "--pipe")),
            "qput -w": ("lines", run(f"{BUILD}/bin/qput", "-w", "jobs")),
            "qput -q": ("lines", run(f"{BUILD}/bin/qput", "-q", "told")),
        }
        cases = {k: lambda v=v: poured(rounds, redis, redis, *v) for k, v in subjects.items()}
        cases["beanstalkd"] = lambda: poured(
            rounds, redis, bean, "beanstalkd", lambda f: pour_into_beanstalkd(bean.path, f)
        )
        rows = rounds.alternate("qpour", cases, "rate")
    base = "redis-benchmark RPUSH"
    columns = {
        "1000 lines/s": column("rate", "{:.0f}"),
        f"of {base}": ratio_column(rows, "rate", base),
        "CPU µs of the server a line": column("cpu", "{:.2f}"),
    }
    title = f"qpour: {LINES} lines of {SIZE} bytes, redis-benchmark with one client, 100 at once"
    rounds.table(title, rows, columns)
    for mode in ("-w", "-q"):
        values = ratios(rows, "rate", f"qput {mode}", base)
        rounds.target(f"qpour: qput {mode}, of redis-benchmark's rate", values, 0.5, at_least=True)


# --- Waking those who wait


class Waiters:
    """Processes that wait, all with one pipe as standard output; killed at the end. They wait in a
    blocking command, or as elements of a list."""

    def __init__(self, redis, argv, count, standby=""):
        self.redis, self.processes, self.standby = redis, [], standby
        self.output, writer = os.pipe()
        self.used = redis.info("memory", "used_memory")
        try:
            for _ in range(count):
                self.processes.append(
                    subprocess.Popen(
                        argv,
                        stdin=subprocess.DEVNULL,
                        stdout=writer,
                        env=redis.environment,
                        close_fds=False,
                    )
                )
        finally:
            os.close(writer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.kill()
        for p in self.processes:
            p.wait()
        os.close(self.output)
        wait_until("the waiters' end", lambda: self.redis.info("clients", "connected_clients") == 1)

    def waiting(self):
        if self.standby:
            return self.redis.ask("LLEN", self.standby)
        return self.redis.info("clients", "blocked_clients")

    def all_wait(self):
        count = len(self.processes)
        wait_until("waiters", lambda: self.waiting() == count, 60)

    def wake(self, puts, lines, words):
        argv = [tool("waker"), str(puts), str(len(self.processes)), str(lines), self.redis.path]
        argv += [str(self.output), self.standby]
        out = output_of([*argv, *words], pass_fds=[self.output])
        return dict(zip(("p50", "p99", "p999"), map(float, out[0].split())))

    def memory(self):
        """KiB for each waiter: its own, and Redis's for it."""
        count = len(self.processes)
        own = sum(memory_kib(p.pid, "RssAnon") for p in self.processes)
        used = self.redis.info("memory", "used_memory") - self.used
        return {"own": own / count, "theirs": used / count / 1024}


def waiting_subjects(redis):
    """{name: (argv of a waiter, the command that wakes, the list of those who wait)}"""
    wait, bare = [f"{BUILD}/bin/qwait"], [tool("barewait")]
    entry = ["XADD", "entries", "*", "m", "hello"]
    return {
        "BLMOVE": ([*bare, "blmove", redis.path, "list"], ["RPUSH", "list", "hello"], ""),
        "XREAD": ([*bare, "xread", redis.path, "entries"], entry, ""),
        "qwait -w": ([*wait, "-w", "jobs"], work_put("jobs"), key("jobs", "standby")),
        "qwait -q": ([*wait, "-q", "told"], SIGNAL_PUT, ""),
    }


def woken(rounds, redis, argv, words, standby):
    redis.ask("FLUSHALL")
    with Waiters(redis, argv, 1, standby) as waiters:
        waiters.all_wait()
        rounds.quiet.wait()
        return waiters.wake(WAKES, 1, words)


def qwake(rounds):
    with Redis(rounds.folder()) as redis:
        subjects = waiting_subjects(redis)
        cases = {k: lambda v=v: woken(rounds, redis, *v) for k, v in subjects.items()}
        rows = rounds.alternate("qwake", cases, "p50")
    columns = {
        "p50 µs": column("p50"),
        "p99 µs": column("p99"),
        "p50 / BLMOVE": ratio_column(rows, "p50", "BLMOVE"),
        "p99 / BLMOVE": ratio_column(rows, "p99", "BLMOVE"),
    }
    title = f"qwake: one waiter, {WAKES} times: from the put to its line on a pipe"
    rounds.table(title, rows, columns)
    for name in ("qwait -w", "qwait -q"):
        for p in ("p50", "p99"):
            rounds.target(f"qwake: {name}: {p}", ratios(rows, p, name, "BLMOVE"), 2.0)


def crowded(rounds, redis, argv, words, standby, lines):
    redis.ask("FLUSHALL")
    start = time.monotonic()
    with Waiters(redis, argv, CROWD, standby) as waiters:
        waiters.all_wait()
        result = {"start": time.monotonic() - start} | waiters.memory()
        rounds.quiet.wait()
        result["ms"] = waiters.wake(CROWD_PUTS, lines, words)["p50"] / 1000
        return result


def qcrowd(rounds):
    """A line too many, or one too few, is a failure: of a signal each gets it, of work one."""
    with Redis(rounds.folder()) as redis:
        cases = {}
        for name, subject in waiting_subjects(redis).items():
            lines = CROWD if name in ("XREAD", "qwait -q") else 1
            cases[name] = lambda s=subject, n=lines: crowded(rounds, redis, *s, n)
        rows = rounds.alternate("qcrowd", cases, "ms")
    columns = {
        "ms until the last has it": column("ms", "{:.2f}"),
        "s until all wait": column("start", "{:.2f}"),
        "RssAnon KiB each": column("own", "{:.0f}"),
        "Redis KiB each": column("theirs"),
    }
    rounds.table(f"qcrowd: {CROWD} waiters on one queue, {CROWD_PUTS} puts", rows, columns)
    for name, base in (("qwait -w", "BLMOVE"), ("qwait -q", "XREAD")):
        rounds.target(f"qcrowd: {name}, of {base}'s", ratios(rows, "ms", name, base), 2.0)


# --- A million items


def stepped(redis, queue):
    """Redis's processor time for a put, and for taking and acknowledging, of one item at a time."""

    def cost(commands):
        cpu = cpu_seconds(redis.process.pid)
        answers = redis.ask_all(commands)
        return (cpu_seconds(redis.process.pid) - cpu) / STEPS * 1e6, answers

    call = ["FCALL", "lineman_queue_work_take", "1", key(queue, "mode"), "60000", "token", "bench"]
    put, _ = cost([work_put(queue, "m" * SIZE)] * STEPS)
    take, taken = cost([call] * STEPS)
    call = ["FCALL", "lineman_queue_work_ack", "1", key(queue, "mode")]
    ack, answers = cost([[*call, item[0], "token"] for _, _, item in taken])
    if answers != [["done"]] * STEPS:
        raise Failed(f"{queue}: what was taken was not done")
    return {"put": put, "take": take, "ack": ack, "all": put + take + ack}


def filled(redis, queue, count):
    with subprocess.Popen(["seq", str(count)], stdout=subprocess.PIPE) as seq:
        argv = [f"{BUILD}/bin/qput", "-w", queue]
        output_of(argv, stdin=seq.stdout, env=redis.environment)


def qmillion(rounds):
    names = {f"{FEW} items": "few", f"{MANY} items": "many"}
    with Redis(rounds.folder()) as redis:
        filled(redis, "few", FEW)
        before = redis.info("memory", "used_memory")
        filled(redis, "many", MANY)
        each = (redis.info("memory", "used_memory") - before) / MANY
        cases = {k: lambda v=v: stepped(redis, v) for k, v in names.items()}
        rows = rounds.alternate("qmillion", cases, "all")
    columns = {f"{step} µs": column(step) for step in ("put", "take", "ack", "all")}
    title = f"qmillion: CPU of Redis for an item; a million have {each:.0f} bytes each"
    rounds.table(title, rows, columns)
    values = ratios(rows, "all", *reversed(names))
    rounds.target("qmillion: put, take and ack, of those of a thousand", values, 1.25)


SCENARIOS = {f.__name__: f for f in (qput, qpour, qwake, qcrowd, qmillion)}
