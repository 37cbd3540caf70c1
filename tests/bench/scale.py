"""The scenarios of many consoles: consoled with a thousand, with ten thousand that are only defined,
and with two hundred that never stop talking; beside conserver, where that has the like."""

import os
import pwd
import shutil
import statistics
import subprocess
import time

from console_server import Local, ask, attach, configure, node
from measure import cpu_seconds, memory_kib, wait_until
from rounds import RUNS, column, output_of
from subjects import CONSERVER_MANY, Failed, conserver_login, free_ports, tool

CMDS = 1000
FEW = 100  # conserver's: it needs 46 ms for each, one after the other, and is deaf meanwhile
SSHS = 1000
BUSY = 200
BUSY_SECONDS = 5
KEYS = 500
DEFINED = 10_000
IDLE_SECONDS = 2
FLOOD = ["yes", "the quick brown fox jumps over the lazy dog"]


class Server:
    """A consoled with these nodes, from its start. Leaving ends it and removes its folder, but not
    where the next round is to make many files: for each, an ext4 without a journal looks at all
    that were removed in the last minutes."""

    def __init__(self, place, nodes, journal=True, keep=False, **options):
        os.makedirs(place, exist_ok=True)
        self.place, self.keep = place, keep
        self.argv, _, _ = configure(place, nodes, journal, **options)
        self.start()

    def start(self):
        self.began = time.monotonic()
        with open(f"{self.place}/messages", "w") as messages:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=messages, stderr=messages
            )
        wait_until("consoled", self.answers)
        self.first = time.monotonic() - self.began

    def answers(self):
        if self.process.poll() is not None:
            with open(f"{self.place}/messages") as f:
                raise Failed(f"consoled ended: {f.read()[-300:]}")
        try:
            return self.get("/nodes")
        except OSError:
            return None

    def get(self, path):
        return ask(Local(f"{self.place}/c.sock"), "GET", path)[1]

    def get_bytes(self, path):
        connection = Local(f"{self.place}/c.sock")
        connection.request("GET", path)
        return connection.getresponse().read()

    def post(self, path, body):
        return ask(Local(f"{self.place}/c.sock"), "POST", path, body)[1]

    def seconds_until_connected(self, count, patience):
        """Also the longest that an answer took meanwhile."""
        worst = 0.0

        def connected():
            nonlocal worst
            asked = time.monotonic()
            nodes = self.get("/nodes")["nodes"]
            worst = max(worst, time.monotonic() - asked)
            return sum(n["state"] == "connected" for n in nodes) == count

        wait_until(f"{count} consoles", connected, patience)
        return time.monotonic() - self.began, worst

    def rss_mib(self):
        return memory_kib(self.process.pid, "VmRSS") / 1024

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def idle_cpu(self):
        before = cpu_seconds(self.process.pid)
        time.sleep(IDLE_SECONDS)
        return (cpu_seconds(self.process.pid) - before) / IDLE_SECONDS * 100

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if not self.keep:
            shutil.rmtree(self.place, ignore_errors=True)


def cmds(rounds):
    def consoled_up():
        nodes = {f"n{i}": node(["cat"]) for i in range(CMDS)}
        with Server(rounds.folder(), nodes, keep=True) as server:
            up, worst = server.seconds_until_connected(CMDS, 60)
            idle = server.idle_cpu()
            rss, threads = server.rss_mib(), server.threads()
            first = server.first
        return {
            "up": up, "each": up / CMDS * 1e3, "first": first * 1e3, "worst": worst * 1e3,
            "rss": rss, "threads": threads, "idle": idle,
        }  # fmt: skip

    def conserver_up():
        place = rounds.folder()
        os.mkdir(place)
        port, groups = free_ports(2)
        with open(f"{place}/conserver.cf", "w") as f:
            f.write(CONSERVER_MANY.format(place=place))
            f.writelines(f"console n{i} {{ exec cat; }}\n" for i in range(FEW))
        argv = ["conserver", "-C", f"{place}/conserver.cf", "-P", f"{place}/passwd"]
        argv += ["-M", "127.0.0.1", "-p", str(port), "-b", str(groups)]
        began = time.monotonic()
        with open(f"{place}/messages", "w") as messages:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=messages, stderr=messages
            )

        def answers():
            try:
                conserver_login(port).close()
                return True
            except OSError:
                return False

        try:
            wait_until("conserver", answers, 60)
            up = time.monotonic() - began
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(place, ignore_errors=True)
        return {"up": up, "each": up / FEW * 1e3, "first": up * 1e3}

    ours, theirs = f"consoled, {CMDS}", f"conserver, {FEW}"
    cases = {ours: consoled_up, theirs: conserver_up}
    rows = rounds.alternate("cmds", cases, "up", runs=min(RUNS, 5))
    only = lambda key, form="{:.1f}": lambda label, results: (  # noqa: E731
        column(key, form)(label, [r for r in results if key in r])
    )
    columns = {
        "all up, s": column("up", "{:.2f}"),
        "ms a console": column("each", "{:.2f}"),
        "first answer, ms": column("first"),
        "longest answer meanwhile, ms": only("worst"),
        "RSS MiB": only("rss"),
        "threads": only("threads", "{:.0f}"),
        "idle CPU %": only("idle", "{:.2f}"),
    }
    rounds.table("cmds: consoles of `cat`, from the start of the daemon", rows, columns)
    good = [r for r in rows[ours] if r]
    rounds.target("cmds: seconds until all are up", [r["up"] for r in good], 2.0)
    rounds.target("cmds: RSS MiB", [r["rss"] for r in good], 30.0, form="{:.1f}")


SSHD_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host
AuthorizedKeysFile {place}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
MaxStartups 2000
MaxSessions 100
PrintMotd no
PrintLastLog no
SetEnv SHLVL=5 HOME={place}
"""


def sshs(rounds):
    def up():
        place = rounds.folder()
        os.mkdir(place)
        for name in ("host", "user"):
            keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{place}/{name}"]
            subprocess.run(keygen, check=True)
        (port,) = free_ports(1)
        with open(f"{place}/sshd_config", "w") as f:
            f.write(SSHD_CONFIG.format(port=port, place=place))
        os.makedirs("/run/sshd", exist_ok=True)
        sshd = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", f"{place}/sshd_config"], stderr=subprocess.DEVNULL
        )
        params = {
            "host": "127.0.0.1",
            "port": str(port),
            "user": pwd.getpwuid(os.getuid()).pw_name,
            "private_key": f"{place}/user",
            "cmd": "exec cat",
        }
        nodes = {f"n{i}": {"driver": "sshcmd", "params": params} for i in range(SSHS)}
        try:
            with Server(f"{place}/c", nodes) as server:
                seconds, worst = server.seconds_until_connected(SSHS, 300)
                return {
                    "up": seconds, "worst": worst * 1e3, "rss": server.rss_mib(),
                    "threads": server.threads(), "cpu": cpu_seconds(server.process.pid),
                }  # fmt: skip
        finally:
            sshd.terminate()
            sshd.wait(20)
            shutil.rmtree(place, ignore_errors=True)

    rows = rounds.alternate("sshs", {f"consoled, {SSHS}": up}, "up", runs=1)
    columns = {
        "all up, s": column("up"),
        "longest answer meanwhile, ms": column("worst"),
        "RSS MiB": column("rss"),
        "threads": column("threads", "{:.0f}"),
        "CPU s": column("cpu"),
    }
    rounds.table("sshs: sessions to one sshd on this machine, one run", rows, columns)
    (good,) = rows.values()
    rounds.target("sshs: threads", [r["threads"] for r in good if r], 4, form="{:.0f}")


def busy(rounds):
    """What each console got into its journal, and how a quiet one answers among them."""

    def logs(place):
        return [f"{place}/n{i}.log" for i in range(BUSY - 1)]

    def sizes(place):
        return [os.path.getsize(path) for path in logs(place)]

    def run():
        place = rounds.folder()
        os.mkdir(place)
        quiet = node([tool("child"), f"{place}/ready", "echo"])
        nodes = {"quiet": quiet} | {f"n{i}": node(FLOOD) for i in range(BUSY - 1)}
        with Server(place, nodes) as server:
            server.seconds_until_connected(BUSY, 60)
            wait_until("flood", lambda: all(os.path.exists(path) for path in logs(place)))
            viewer = attach(place, "quiet")
            before = sizes(place)
            began = time.monotonic()
            fd = viewer.fileno()
            out = output_of([tool("typist"), str(KEYS), str(fd)], pass_fds=[fd])
            time.sleep(max(0, BUSY_SECONDS - (time.monotonic() - began)))
            got = [b - a for a, b in zip(before, sizes(place))]
            seconds = time.monotonic() - began
            p50, p99, _ = map(float, out[0].split())
            return {
                "rate": sum(got) / seconds / 1e6,
                "least": min(got) / statistics.mean(got),
                "p50": p50 / 1e3,
                "p99": p99 / 1e3,
                "rss": server.rss_mib(),
            }

    rows = rounds.alternate("busy", {"consoled": run}, "p50", runs=min(RUNS, 5))
    columns = {
        "MB/s of all": column("rate"),
        "slowest / mean": column("least", "{:.2f}"),
        "quiet one: p50 ms": column("p50", "{:.2f}"),
        "p99 ms": column("p99", "{:.2f}"),
        "RSS MiB": column("rss"),
    }
    rounds.table(f"busy: {BUSY - 1} consoles that flood, one that is typed at", rows, columns)
    good = [r for r in rows["consoled"] if r]
    rounds.target("busy: slowest, of the mean", [r["least"] for r in good], 0.5, at_least=True)
    rounds.target("busy: quiet one's echo, p50 ms", [r["p50"] for r in good], 2.0)
    rounds.target("busy: quiet one's echo, p99 ms", [r["p99"] for r in good], 10.0)


def defined(name):
    params = {"host": f"{name}.example", "user": "root", "password_file": "/etc/lineman/bmc"}
    return {"name": name, "driver": "ssh", "ondemand": True, "params": params}


def nodes(rounds):
    def milliseconds(what, times=11):
        took = []
        for _ in range(times):
            began = time.monotonic()
            what()
            took.append((time.monotonic() - began) * 1e3)
        return statistics.median(took)

    def create_one(server, prefix):
        count = iter(range(1000))
        return milliseconds(lambda: server.post("/nodes", defined(f"{prefix}{next(count)}")))

    def run():
        with Server(rounds.folder(), {}) as server:
            server.post("/bulk/nodes", {"nodes": [defined(f"few{i}") for i in range(10)]})
            rounds.quiet.wait()
            one_of_ten = create_one(server, "a")
            many = {"nodes": [defined(f"n{i}") for i in range(DEFINED)]}
            bulk = milliseconds(lambda: server.post("/bulk/nodes", many), 1)
            one_of_many = create_one(server, "b")
            server.stop()
            server.start()
            return {
                "start": server.first,
                "list": milliseconds(lambda: server.get_bytes("/nodes")),
                "bulk": bulk / 1e3,
                "one": one_of_many,
                "growth": one_of_many / one_of_ten,
                "rss": server.rss_mib(),
                "threads": server.threads(),
            }

    rows = rounds.alternate("nodes", {"consoled": run}, "start", runs=min(RUNS, 5))
    columns = {
        "start s": column("start", "{:.2f}"),
        "GET /nodes ms": column("list"),
        "bulk create s": column("bulk", "{:.2f}"),
        "one more ms": column("one", "{:.2f}"),
        "RSS MiB": column("rss"),
        "threads": column("threads", "{:.0f}"),
    }
    rounds.table(f"nodes: {DEFINED} on-demand consoles, defined", rows, columns)
    good = [r for r in rows["consoled"] if r]
    for what, key, most in (
        ("seconds to start", "start", 1.0),
        ("GET /nodes, ms", "list", 10.0),
        ("seconds to create them at once", "bulk", 0.5),
        ("one more create, of that with ten", "growth", 1.25),
        ("RSS MiB", "rss", 60.0),
        ("threads", "threads", 4.0),
    ):
        rounds.target(f"nodes: {what}", [r[key] for r in good], most)


SCENARIOS = {f.__name__: f for f in (cmds, sshs, busy, nodes)}
