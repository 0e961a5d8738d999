# SPDX-License-Identifier: Apache-2.0
"""Make a story (tests/stories/NAME.*) of a played scenario."""
import datetime
import gzip

import stretch
from world import REPO

STORIES = REPO / "tests/stories"
BIG = 900_000


def log_lines(path):
    """The recorded log, without the lab's own marks."""
    with open(path, "rb") as f:
        return [line for line in f if b" lab: " not in line
                and b" lab - - " not in line]


def stretched(path):
    """Over the day before it was recorded."""
    with open(path, "rb") as f:
        lines = [line for line in f
                 if b" lab: " not in line or stretch.MARK in line]
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    day = datetime.datetime(now.year, now.month, now.day)
    return stretch.stretch(lines, day - datetime.timedelta(days=1))


def put(name, data):
    """Write a file of a story, compressed if it is big."""
    for suffix in ("", ".gz"):
        (STORIES / (name + suffix)).unlink(missing_ok=True)
    if len(data) > BIG:
        name, data = name + ".gz", gzip.compress(data, 9, mtime=0)
    (STORIES / name).write_bytes(data)


def write(item, out):
    path = out / (item.form + ".log")
    lines = stretched(path) if item.stretch else log_lines(path)
    put(item.name + ".log", b"".join(lines))
    put(item.name + ".want", (out / "truth.jsonl").read_bytes())
    put(item.name + ".conf", (out / "weir.conf").read_bytes())
