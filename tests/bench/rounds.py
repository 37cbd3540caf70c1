"""Rounds of what is compared, and the tables and targets they come to."""

import os
import statistics
import subprocess
import sys

from measure import Quiet, spread
from subjects import Failed

RUNS = int(os.environ.get("RUNS", "9"))
SECONDS = 60  # the longest that one measurement may take


def say(text):
    print(text, file=sys.stderr, flush=True)


def output_of(argv, **more):
    done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=SECONDS + 10, text=True, **more)
    if done.returncode:
        raise Failed(f"{os.path.basename(argv[0])}: exit status {done.returncode}")
    return done.stdout.splitlines()


class Rounds:
    def __init__(self, place):
        self.place, self.started = place, 0
        self.quiet = Quiet()
        self.failures, self.targets = [], []

    def folder(self):
        """The name of one that is not there yet."""
        self.started += 1
        return f"{self.place}/{self.started}"

    # --- Rounds

    def alternate(self, name, cases, shown, runs=RUNS):
        """So many rounds of the cases {label: function}, every other one backwards, so that none
        always runs after the same other. Returns {label: a result or None for each round}."""
        rows = {label: [] for label in cases}
        for i in range(runs):
            news = []
            for label in list(cases)[:: -1 if i % 2 else 1]:
                result = None
                if sum(f[:2] == (name, label) for f in self.failures) < 2:  # else it is broken
                    result = self.attempt(name, label, cases[label])
                rows[label].append(result)
                if result:
                    news.append(f"{label} {result[shown]:.3g}")
            say(f"{name} {i + 1}/{runs}: {shown}: {', '.join(news)}")
        return rows

    def attempt(self, name, label, case):
        try:
            return case()
        except (Failed, OSError, subprocess.SubprocessError) as e:
            self.failures.append((name, label, str(e)))
            say(f"{name}: {label}: {e}")
            return None

    # --- Tables

    def table(self, title, rows, columns):
        """columns: {heading: function of (label, its results) giving a cell}."""
        print(f"\n### {title}\n\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
        for label, results in rows.items():
            good = [r for r in results if r]
            cells = [cell(label, good) for cell in columns.values()]
            print(f"| {label} | {' | '.join(cells)} |")
        print("\n| target | measured | wanted | |\n|---|---|---|---|")

    def target(self, what, values, limit, at_least=False, form="{:.2f}"):
        if not values:
            met, verdict = False, "**not measured**"
        else:
            middle = statistics.median(values)
            met = middle >= limit if at_least else middle <= limit
            verdict = "met" if met else "**missed**"
        self.targets.append(met)
        sign = "≥" if at_least else "≤"
        print(f"| {what} | {spread(values, form)} | {sign} {form.format(limit)} | {verdict} |")
        sys.stdout.flush()


def column(metric, form="{:.1f}", scale=1):
    return lambda _, results: spread([r[metric] * scale for r in results], form)


def ratios(rows, metric, label, base):
    """label's results by those of base in the same round."""
    pairs = zip(rows[label], rows[base])
    return [a[metric] / b[metric] for a, b in pairs if a and b]


def ratio_column(rows, metric, base):
    return lambda label, _: spread(ratios(rows, metric, label, base), "{:.2f}")
