#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generate labelled logs, import them, score weir and comparison methods.

usage: evaluate.py [--verbose]

BUILD              where build/weir is and where evaluate/ will be
EVALUATE_SEEDS     "101 102", held out: look at 1 to 9 while you work on
                   detectors; a seed that ends in 9 has no incident at all
EVALUATE_ORGS      all of gen_orgs.py
EVALUATE_WEEKS     4
EVALUATE_BUDGETS   "0.5 1 2": import again with each `[weir] budget`
EVALUATE_JOBS      2 at once
EVALUATE_KEEP      keep logs and databases
"""
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import time

import baselines
import gen
from score import HEAD, Labels, Score, ratio, show, table

HELD_OUT = "101 102"
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
WEIR = os.environ.get("WEIR", str(BUILD / "weir"))


def words(name, default):
    return (os.environ.get(name) or default).split()


def weir(*args):
    done = subprocess.run([WEIR, *map(str, args)], check=False, text=True,
                          capture_output=True, errors="replace")
    if done.returncode:
        raise RuntimeError("weir %s: status %d: %s" % (
            args[0], done.returncode, done.stderr.strip()))
    return done.stdout


def drop(db):
    for path in db.parent.glob(db.name + "*"):
        path.unlink()


def alerts_of(folder, meta, budget=None):
    """Import the log anew; what weir raises, and the database."""
    db, conf = folder / "weir.db", folder / "weir.conf"
    drop(db)
    if budget:
        text = conf.read_text()
        conf = folder / "budget.conf"
        conf.write_text("[weir]\nbudget = %s\n%s" % (budget, text))
    weir("import", "-c", conf, "--db", db, "--year", meta["year"],
         "--timezone", meta["zone"], folder / "log")
    out = weir("alerts", "--db", db, "--format", "jsonl")
    (folder / ("alerts%s.jsonl" % (budget or ""))).write_text(out)
    return [json.loads(x) for x in out.splitlines()], db


def one(work):
    """One organisation and seed: the alerts of every method."""
    name, seed, weeks, budgets = work
    since = time.monotonic()
    folder = BUILD / "evaluate" / ("%s-%s" % (name, seed))
    gen.write(gen.make(name, int(seed), weeks), str(folder))
    labels = Labels.read(folder)
    alerts, db = alerts_of(folder, labels.meta)
    events = baselines.in_order(weir(
        "query", "--db", db, "events", "--format", "jsonl", "--limit",
        "0").splitlines())
    found = {"weir": alerts, **baselines.run(events)}
    for budget in budgets:
        found["budget " + budget] = alerts_of(folder, labels.meta, budget)[0]
    if not os.environ.get("EVALUATE_KEEP"):
        drop(db)
        (folder / "log").unlink()
    sys.stderr.write("%s-%s: %d people, %d lines, %d events, %d incidents, "
                     "%.0f s\n" % (name, seed, labels.meta["people"],
                                   labels.meta["lines"], len(events),
                                   len(labels.labels),
                                   time.monotonic() - since))
    return labels, found


def calibration(scores, budgets):
    """Nominal false alerts a week against those that came."""
    rows = []
    for b in budgets:
        s = scores["budget " + b]
        rows.append([b, ratio(len(s.false), sum(s.weeks.values()))] +
                    s.total("")[1:])
    table(["budget", "false alerts a week"] + HEAD[1:], rows)


def main():
    seeds = words("EVALUATE_SEEDS", HELD_OUT)
    orgs = words("EVALUATE_ORGS", " ".join(gen.ORGS))
    budgets = words("EVALUATE_BUDGETS", "")
    weeks = float(os.environ.get("EVALUATE_WEEKS", 4))
    if budgets and not re.search(r"^\[weir\] +budget ",
                                 weir("config", "options"), re.M):
        print("this weir has no option [weir] budget: budgets left out")
        budgets = []
    print("%s, %g weeks each, seeds %s%s\n" % (
        " ".join(orgs), weeks, " ".join(seeds),
        " (held out)" if seeds == HELD_OUT.split() else ""))
    work = [(o, s, weeks, budgets) for s in seeds for o in orgs]
    scores = {}
    with multiprocessing.Pool(int(os.environ.get("EVALUATE_JOBS", 2))) as p:
        for labels, found in p.imap(one, work, chunksize=1):
            for method, alerts in found.items():
                scores.setdefault(method, Score()).add(alerts, labels)
    methods = ["weir", *baselines.METHODS]
    print("delay in minutes and messages let through: median and p90; share "
          "of all abuse\nlet through; false alerts an organisation and week; "
          "further alerts an incident\n")
    table(HEAD, [scores[m].total(m) for m in methods])
    for m in methods:
        print("== %s\n" % m)
        show(scores[m], "--verbose" in sys.argv and m == "weir")
    if budgets:
        calibration(scores, budgets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
