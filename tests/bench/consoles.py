"""The scenarios of one console: ptybufferd and consoled beside a bare C loop, conserver and socat."""

import os
import subprocess

from console_server import consoled, consoled_port, consoled_websocket
from measure import wait_until
from rounds import SECONDS, column, output_of, ratio_column, ratios
from subjects import Failed, Running, conserver, floor, ptybufferd, socat, tool

MIB = 1 << 20
BYTES = int(os.environ.get("MIB", "128")) * MIB
RING = 1 * MIB  # ptybufferd's default
IDLE_VIEWERS = 2000
KEYS = 3000


class Bench:
    """One run of one subject at a time."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.digests = {}

    def start(self, subject, child, log):
        return Running(subject, self.rounds.folder(), child, log)

    def digest(self, volume):
        """What a viewer and a log must have seen, as drain and digest print it."""
        if volume not in self.digests:
            emit = [tool("child"), "/dev/null", "emit", str(volume)]
            with subprocess.Popen(emit, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
                child.stdin.write(b"\n")
                child.stdin.close()
                out = output_of([tool("digest"), str(volume)], stdin=child.stdout)
            self.digests[volume] = out[0]
        return self.digests[volume]

    def emission(self, subject, viewers=1, stalled=0, log=True, volume=BYTES):
        """MB/s as the slowest of the reading viewers sees it, the daemon's processor seconds per
        GB and its memory in KiB, with the stalled viewers attached and never reading."""
        with self.start(subject, ["emit", str(volume)], log) as daemon:
            attached = daemon.connect(viewers + stalled)
            reading = [s.fileno() for s in attached[:viewers]]
            self.rounds.quiet.wait()
            log_start = os.path.getsize(daemon.log) if daemon.log else 0
            cpu = daemon.cpu()
            form = getattr(subject, "form", "")
            drain = [tool("drain"), str(volume), str(SECONDS), *(f"{fd}{form}" for fd in reading)]
            seconds, *seen = output_of(drain, pass_fds=reading)
            if daemon.log:
                seen.append(self.log_digest(daemon.log, log_start, volume))
            self.check_digests(seen, self.digest(volume), viewers)
            return {
                "rate": volume / float(seconds) / 1e6,
                "cpu": (daemon.cpu() - cpu) / volume * 1e9,
                "anon": daemon.memory_kib("RssAnon"),
                "peak": daemon.memory_kib("VmHWM"),
            }

    def log_digest(self, path, start, volume):
        """The log may be written behind the viewers' backs: its end belongs to the run."""
        try:
            wait_until("log", lambda: os.path.getsize(path) >= start + volume)
        except TimeoutError:
            pass  # its digest will tell
        with open(path, "rb") as f:
            f.seek(start)
            return output_of([tool("digest"), str(volume)], stdin=f)[0]

    def check_digests(self, seen, right, viewers):
        for i, line in enumerate(seen):
            if line != right:
                who = f"viewer {i + 1}" if i < viewers else "log"
                got, want = int(line.split()[0]), int(right.split()[0])
                raise Failed(f"bytes lost or changed: {who} has {got} of {want}")

    def idle(self, subject):
        """KiB of the daemon's memory for each viewer that is attached and has seen one key."""
        with self.start(subject, ["echo"], False) as daemon:

            def type_a_key():
                daemon.viewers[0].send(b"k")
                daemon.settle()
                return daemon.memory_kib("RssAnon")

            daemon.connect(1)
            before = type_a_key()
            daemon.connect(IDLE_VIEWERS - 1)
            return {"each": (type_a_key() - before) / (IDLE_VIEWERS - 1)}

    def echo(self, subject, log):
        with self.start(subject, ["echo"], log) as daemon:
            (viewer,) = daemon.connect(1)
            self.rounds.quiet.wait()
            fd = viewer.fileno()
            out = output_of([tool("typist"), str(KEYS), str(fd)], pass_fds=[fd])
            return dict(zip(("p50", "p99", "p999"), map(float, out[0].split())))


def throughput(rounds, name, viewers, subjects):
    bench = Bench(rounds)
    cases = {s.__name__: lambda s=s: bench.emission(s, viewers) for s in subjects}
    rows = rounds.alternate(name, cases, "rate")
    if "socat" in rows:
        rows["socat (no log)"] = rows.pop("socat")
    title = f"{name}: {viewers} viewer{'s' * (viewers > 1)}, log file, {BYTES // MIB} MiB a run"
    columns = {
        "MB/s": column("rate"),
        "CPU s/GB": column("cpu", "{:.2f}"),
        "CPU / floor": ratio_column(rows, "cpu", "floor"),
        "MB/s / conserver": ratio_column(rows, "rate", "conserver"),
    }
    rounds.table(title, rows, columns)
    for who, most in (("ptybufferd", 1.1), ("consoled", 1.2)):
        cpu = ratios(rows, "cpu", who, "floor")
        rounds.target(f"{name}: {who}: CPU, of the floor's", cpu, most)
        rate = ratios(rows, "rate", who, "conserver")
        rounds.target(f"{name}: {who}: MB/s, of conserver's", rate, 1.0, at_least=True)


def thru1(rounds):
    throughput(rounds, "thru1", 1, (floor, ptybufferd, consoled, conserver, socat))


def thru10(rounds):
    throughput(rounds, "thru10", 10, (floor, ptybufferd, consoled, conserver))


def stalled(rounds):
    """The floor is not here: one viewer that does not read stops it for ever."""
    bench = Bench(rounds)
    cases = {}
    for s in (ptybufferd, consoled, conserver):
        cases[s.__name__] = lambda s=s: bench.emission(s)
        cases[f"{s.__name__}, one stalled"] = lambda s=s: bench.emission(s, stalled=1)
    rows = rounds.alternate("stalled", cases, "rate")
    columns = {
        "MB/s": column("rate"),
        "CPU s/GB": column("cpu", "{:.2f}"),
        "peak RSS MiB": column("peak", scale=1 / 1024),
    }
    rounds.table("stalled: one viewer reads, one more does not; log file", rows, columns)
    for who in ("ptybufferd", "consoled"):
        values = ratios(rows, "rate", f"{who}, one stalled", who)
        rounds.target(f"stalled: {who}: MB/s, of that without it", values, 0.95, at_least=True)


def faces(rounds):
    bench = Bench(rounds)
    ways = {
        "unix socket": consoled,
        "console port": consoled_port,
        "websocket": consoled_websocket,
    }
    cases = {way: lambda s=s: bench.emission(s) for way, s in ways.items()}
    rows = rounds.alternate("faces", cases, "cpu")
    columns = {
        "MB/s": column("rate"),
        "CPU s/GB": column("cpu", "{:.2f}"),
        "CPU / unix socket": ratio_column(rows, "cpu", "unix socket"),
    }
    rounds.table("faces: consoled, one viewer by each of its ways, journal on", rows, columns)
    for way in ("console port", "websocket"):
        values = ratios(rows, "cpu", way, "unix socket")
        rounds.target(f"faces: {way}: CPU, of the unix socket's", values, 1.5)


def memory(rounds):
    bench = Bench(rounds)
    volume = BYTES // 4
    cases = {
        "floor, one viewer": lambda: bench.emission(floor, volume=volume),
        "ptybufferd": lambda: bench.emission(ptybufferd, stalled=1, volume=volume),
        "conserver": lambda: bench.emission(conserver, stalled=1, volume=volume),
    }
    rows = rounds.alternate("memory", cases, "anon")
    columns = {
        "RssAnon MiB": column("anon", "{:.2f}", 1 / 1024),
        "peak RSS MiB": column("peak", scale=1 / 1024),
    }
    title = f"memory: one viewer reads, one is stalled, log file, after {volume // MIB} MiB"
    rounds.table(title, rows, columns)
    own = [r["anon"] / 1024 for r in rows["ptybufferd"] if r]
    rounds.target("memory: RssAnon MiB, ring and 3", own, RING / MIB + 3)


def idle(rounds):
    bench = Bench(rounds)
    cases = {s.__name__: lambda s=s: bench.idle(s) for s in (floor, ptybufferd)}
    rows = rounds.alternate("idle", cases, "each")
    rounds.table(
        f"idle: {IDLE_VIEWERS} viewers attached",
        rows,
        {"RssAnon KiB a viewer": column("each", "{:.2f}")},
    )
    rounds.target("idle: KiB a viewer", [r["each"] for r in rows["ptybufferd"] if r], 4.0)


def echo(rounds):
    bench = Bench(rounds)
    cases = {}
    for s in (floor, ptybufferd, consoled, conserver):
        cases[s.__name__] = lambda s=s: bench.echo(s, False)
        cases[f"{s.__name__}, log"] = lambda s=s: bench.echo(s, True)
    cases["socat"] = lambda: bench.echo(socat, False)
    rows = rounds.alternate("echo", cases, "p50")
    columns = {
        "p50 µs": column("p50"),
        "p99 µs": column("p99"),
        "p99.9 µs": column("p999"),
        "p50 / floor": ratio_column(rows, "p50", "floor"),
        "p99 / floor": ratio_column(rows, "p99", "floor"),
    }
    rounds.table(f"echo: {KEYS} keys back to back, one viewer", rows, columns)
    for who, most in (("ptybufferd", 1.2), ("consoled", 1.5)):
        for log in ("", ", log"):
            for p in ("p50", "p99"):
                values = ratios(rows, p, f"{who}{log}", f"floor{log}")
                rounds.target(f"echo: {who}: {p}{log}, of the floor's", values, most)
    for p in ("p50", "p99"):
        values = ratios(rows, p, "consoled, log", "conserver, log")
        rounds.target(f"echo: consoled: {p}, log, of conserver's", values, 1.0)


SCENARIOS = {f.__name__: f for f in (thru1, thru10, stalled, faces, memory, idle, echo)}
