"""What is read off the machine and its processes, and the statistics of repeated runs."""

import ctypes
import os
import statistics
import time

TICKS = os.sysconf("SC_CLK_TCK")
libc = ctypes.CDLL(None)


def parent_of(pid):
    """The parent of a process, or 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            return int(f.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def tree(root):
    """root and all its descendants."""
    parents = {int(p): parent_of(p) for p in os.listdir("/proc") if p.isdigit()}
    found = [root]
    for pid in found:
        found += [p for p, parent in parents.items() if parent == pid]
    return found


def runs(pid, program):
    try:
        return os.path.samefile(f"/proc/{pid}/exe", program)
    except OSError:
        return False


def cpu_seconds(pid):
    """Processor time of all threads of a process, ended ones too, in nanosecond steps.

    /proc/PID/stat counts ticks of 10 ms and /proc/PID/schedstat only the main thread.
    """
    clock = ctypes.c_int()
    if libc.clock_getcpuclockid(pid, ctypes.byref(clock)):
        return 0.0
    try:
        return time.clock_gettime(clock.value)
    except OSError:
        return 0.0


def memory_kib(pid, field):
    """A field of /proc/PID/status: RssAnon, VmHWM."""
    with open(f"/proc/{pid}/status") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(field + ":"))


def busy_seconds():
    with open("/proc/stat") as f:
        v = [int(n) for n in f.readline().split()[1:9]]
    return (sum(v) - v[3] - v[4]) / TICKS


class Quiet:
    """Waits for other work on the machine to end before a run, in all for patience seconds."""

    def __init__(self, patience=60.0):
        self.patience = patience
        self.asked = self.refused = 0

    def wait(self, window=0.2, most=2.0):
        self.asked += 1
        end = time.monotonic() + min(most, self.patience)
        while True:
            start, busy = time.monotonic(), busy_seconds()
            time.sleep(window)
            if busy_seconds() - busy <= 0.1 * window + 0.5 / TICKS:
                return
            self.patience -= time.monotonic() - start
            if time.monotonic() >= end:
                self.refused += 1
                return


def wait_until(what, condition, seconds=10.0):
    """The first true value of condition(), polled."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise TimeoutError(f"{what}: not within {seconds:g} s")


def spread(values, form="{:.1f}"):
    """median (min–max)"""
    if not values:
        return "-"
    numbers = statistics.median(values), min(values), max(values)
    return "{} ({}–{})".format(*map(form.format, numbers))
