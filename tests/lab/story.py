# SPDX-License-Identifier: Apache-2.0
"""Make a story (tests/stories/NAME.*) of a played scenario."""
import gzip

from logs import FORMS
from world import REPO

STORIES = REPO / "tests/stories"
BIG = 900_000

assert set(FORMS) == {"trad", "iso", "p23"}


def log_lines(path):
    """The recorded log, without the lab's own marks."""
    with open(path, "rb") as f:
        return [line for line in f if b" lab: " not in line
                and b" lab - - " not in line]


def write(item, out, lines=None):
    """LINES replaces the recorded ones (a stretched log, say)."""
    if lines is None:
        lines = log_lines(out / (item.form + ".log"))
    data = b"".join(lines)
    for old in STORIES.glob(item.name + ".log*"):
        old.unlink()
    if len(data) > BIG:
        data = gzip.compress(data, 9, mtime=0)
        (STORIES / (item.name + ".log.gz")).write_bytes(data)
    else:
        (STORIES / (item.name + ".log")).write_bytes(data)
    head = "; %s\n" % item.about
    (STORIES / (item.name + ".conf")).write_text(
        head + (out / "weir.conf").read_text())
    (STORIES / (item.name + ".want")).write_text(
        (out / "truth.jsonl").read_text())
