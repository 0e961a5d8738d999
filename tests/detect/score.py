#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Score alerts against the labels of generated logs.

usage: score.py [--verbose] ALERTS.jsonl FOLDER [ALERTS.jsonl FOLDER]...

ALERTS.jsonl is what `weir alerts --format jsonl` prints after FOLDER/log was
imported.  README.md says when an alert names an incident.
"""
import bisect
import collections
import datetime
import json
import os
import sys

DAY, EARLY, LATE = 86400.0, 60.0, 3600.0
# Abuse that no single address or account does: an alert may name the host,
# everything or the recipients' domain.
DIFFUSE = {"relay_flood", "relay_slow", "relay_gateway", "relay_opened",
           "snowshoe", "backscatter", "harvest", "listing", "guess_spread"}


def seconds(text):
    return text if isinstance(text, (int, float)) else \
        datetime.datetime.fromisoformat(
            text.replace("Z", "+00:00")).timestamp()


def keys_of(alert):
    """All that an alert names: its key and the related ones."""
    rows = [alert] + list(alert.get("related") or ())
    return {(r["key_type"], "*" if r["key_type"] == "global" else
             str(r.get("key"))) for r in rows}


class Labels:
    """One folder: who did what when."""

    def __init__(self, labels, truth, meta):
        self.labels, self.truth, self.meta = labels, truth, meta
        self.index = collections.defaultdict(list)
        for i, label in enumerate(labels):
            for key in label["keys"]:
                self.index[tuple(key)].append((i, True))
            for key in label["weak"]:
                self.index[tuple(key)].append((i, label["type"] in DIFFUSE))

    @classmethod
    def read(cls, folder):
        def load(name):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                return f.read()
        return cls([json.loads(x) for x in load("labels.jsonl").splitlines()],
                   json.loads(load("truth.json")),
                   json.loads(load("meta.json")))

    def counted(self, alert, t):
        if t < self.meta["t0"] + DAY:
            return False
        if alert.get("severity") == "info" or alert.get("shadow"):
            return False
        return not any(alert.get("detector") in e["detectors"] and
                       e["start"] - LATE <= t <= e["end"] + LATE
                       for e in self.meta["excused"])

    def named(self, alert, t):
        """Incidents that it names, and whether it at least points at one."""
        hits, near = set(), False
        for key in keys_of(alert):
            for i, sure in self.index.get(key, ()):
                label = self.labels[i]
                if label["start"] - EARLY <= t <= label["end"] + LATE:
                    near = True
                    if sure:
                        hits.add(i)
        return hits, near


class Score:
    """The tally of one method over many folders."""

    def __init__(self):
        # of an incident: organisation, type, n, found, delay, let, alerts
        self.rows, self.false = [], []
        self.weeks = collections.Counter()
        self.alerts = collections.Counter()
        self.partial = 0

    def add(self, alerts, labels):
        org, first, count = labels.meta["org"], {}, collections.Counter()
        self.weeks[org] += (labels.meta["t1"] - labels.meta["t0"]) / DAY / 7
        for alert in sorted(alerts, key=lambda a: seconds(a["time"])):
            t = seconds(alert["time"])
            if not labels.counted(alert, t):
                continue
            self.alerts[org] += 1
            hits, near = labels.named(alert, t)
            for i in hits:
                first.setdefault(i, t)
                count[i] += 1
            if not hits and near:
                self.partial += 1
            elif not hits:
                self.false.append((org, labels.meta["seed"], alert))
        for i, label in enumerate(labels.labels):
            times = labels.truth[label["id"]]
            t = first.get(i)
            self.rows.append(dict(
                org=org, type=label["type"], n=len(times), id=label["id"],
                found=t is not None,
                delay=None if t is None else max(0.0, t - times[0]),
                let=len(times) if t is None else bisect.bisect_left(times, t),
                again=max(0, count[i] - 1)))

    def row(self, name, rows, weeks, false):
        """One line of a table."""
        found = [r for r in rows if r["found"]]
        delay = [r["delay"] / 60 for r in found]
        let = [r["let"] for r in rows]
        return [name, "%d/%d" % (len(found), len(rows)),
                ratio(len(found), len(rows)), number(quantile(delay, 0.5)),
                number(quantile(delay, 0.9)), number(quantile(let, 0.5)),
                number(quantile(let, 0.9)),
                ratio(sum(let), sum(r["n"] for r in rows)),
                "" if false is None else ratio(false, weeks),
                ratio(sum(r["again"] for r in found), len(found))]

    def total(self, name):
        return self.row(name, self.rows, sum(self.weeks.values()),
                        len(self.false))

    def by(self, what):
        out = []
        for value in sorted({r[what] for r in self.rows} |
                            (set(self.weeks) if what == "org" else set())):
            false = sum(o == value for o, _, _ in self.false) \
                if what == "org" else None
            out.append(self.row(value, [r for r in self.rows
                                        if r[what] == value],
                                self.weeks[value], false))
        return out

    def false_by_detector(self):
        n = collections.Counter(a.get("detector", "?")
                                for _, _, a in self.false)
        return [[d, str(k), ratio(k, sum(self.weeks.values()))]
                for d, k in n.most_common()]


HEAD = ["", "found", "recall", "delay", "p90", "let", "p90", "share", "false",
        "again"]


def ratio(a, b):
    return "%.2f" % (a / b) if b else "-"


def number(x):
    return "-" if x is None else "%.0f" % x if x >= 100 else "%.1f" % x


def quantile(values, p):
    if not values:
        return None
    values = sorted(values)
    x = p * (len(values) - 1)
    low = int(x)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (x - low)


def table(head, rows):
    widths = [max(len(r[i]) for r in [head] + rows)
              for i in range(len(head))]
    for r in [head] + rows:
        print("  ".join([r[0].ljust(widths[0])] + [
            c.rjust(w) for c, w in zip(r[1:], widths[1:])]).rstrip())
    print()


def show(score, verbose=False):
    """The tables of one method."""
    table(["by type"] + HEAD[1:], score.by("type"))
    table(["by organisation"] + HEAD[1:], score.by("org"))
    if score.false:
        table(["false alerts by detector", "n", "a week"],
              score.false_by_detector())
    print("%d alerts pointed at an incident only by a weak key\n" %
          score.partial)
    if verbose:
        for org, seed, a in score.false:
            print("false: %s-%d %s %s %s %s: %s" % (
                org, seed, a["time"], a.get("detector"), a["key_type"],
                a["key"], a.get("title", "")))
        for r in score.rows:
            print("%s: %s %s, %d of %d let through" % (
                "found" if r["found"] else "missed", r["id"], r["type"],
                r["let"], r["n"]))


def main():
    args = [a for a in sys.argv[1:] if a != "--verbose"]
    if not args or len(args) % 2:
        sys.exit(__doc__)
    score = Score()
    for alerts, folder in zip(args[::2], args[1::2]):
        with open(alerts, encoding="utf-8") as f:
            score.add([json.loads(x) for x in f if x.strip()],
                      Labels.read(folder))
    table(HEAD, [score.total("all")])
    show(score, len(args) < len(sys.argv) - 1)


if __name__ == "__main__":
    main()
