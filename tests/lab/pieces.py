# SPDX-License-Identifier: Apache-2.0
"""The same log in other pieces gives the same history.

	pieces.py [STORY...]

Imports a story whole, and then: twice; as a file that grows by cuts between
and inside lines; rotated in a directory, the oldest part compressed; growing
while it rotates; compressed; by standard input.  Events, messages and alerts
of each way must equal the whole's byte for byte, seq and wall clock left out.
Needs no lab and no root.
"""
import gzip
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from judge import REPO, WEIR, Weir
from once import everything

STORIES = ["forwards", "filter-slow", "proxy-filter", "bounces",
           "hostile-filtered", "relay-domains", "repeated", "day"]


def read(story):
    path = REPO / "tests/stories" / (story + ".log")
    if path.exists():
        return path.read_bytes()
    return gzip.decompress(path.with_name(path.name + ".gz").read_bytes())


def cuts(data, n, rng):
    """N places to cut: some at line ends, some anywhere."""
    places = {len(data)}
    while len(places) <= n:
        at = rng.randrange(2048, len(data))
        if rng.random() < 0.4:
            at = data.index(b"\n", at) + 1
        places.add(at)
    return sorted(places)


def line_cuts(data, n, rng):
    return sorted({data.index(b"\n", rng.randrange(len(data) // 8,
                                                   len(data) - 200)) + 1
                   for _ in range(n)})


def whole(weir, tmp, data, rng):
    (tmp / "log").write_bytes(data)
    weir.imports(tmp / "log")


def twice(weir, tmp, data, rng):
    whole(weir, tmp, data, rng)
    weir.imports(tmp / "log")
    shutil.copy(tmp / "log", tmp / "copy")
    weir.imports(tmp / "copy")


def growing(weir, tmp, data, rng):
    begin = 0
    for end in cuts(data, 12, rng):
        with open(tmp / "log", "ab") as f:
            f.write(data[begin:end])
        weir.imports(tmp / "log")
        begin = end


def rotated(weir, tmp, data, rng):
    first, second = (line_cuts(data, 8, rng) * 2)[:8:4]
    first, second = min(first, second), max(first, second)
    logs = tmp / "logs"
    logs.mkdir()
    (logs / "log").write_bytes(data[second:])
    (logs / "log.1").write_bytes(data[first:second])
    (logs / "log.2.gz").write_bytes(gzip.compress(data[:first]))
    weir.imports(logs)
    weir.imports(logs)


def rotating(weir, tmp, data, rng):
    """The file grows, is imported, is renamed, and a new one begins."""
    begin, n = 0, 0
    for end in line_cuts(data, 4, rng) + [len(data)]:
        middle = begin + (end - begin) // 3
        (tmp / "log").write_bytes(data[begin:middle])
        weir.imports(tmp / "log")
        with open(tmp / "log", "ab") as f:
            f.write(data[middle:end])
        if end < len(data):
            n += 1
            os.rename(tmp / "log", tmp / ("log.%d" % n))
            weir.imports(tmp / ("log.%d" % n))
        else:
            weir.imports(tmp / "log")
        begin = end


def compressed(weir, tmp, data, rng):
    (tmp / "log.gz").write_bytes(gzip.compress(data))
    weir.imports(tmp / "log.gz")
    (tmp / "log").write_bytes(data)
    weir.imports(tmp / "log")


def piped(weir, tmp, data, rng):
    subprocess.run([weir.program, "import", "-c", weir.conf, "--db",
                    weir.db, "-"], input=data, check=True,
                   capture_output=True, timeout=600)


WAYS = (twice, growing, rotated, rotating, compressed, piped)


def history(story, data, way, seed):
    with tempfile.TemporaryDirectory(prefix="weir-pieces-") as tmp:
        tmp = pathlib.Path(tmp)
        conf = REPO / "tests/stories" / (story + ".conf")
        weir = Weir(WEIR, conf, tmp / "db")
        way(weir, tmp, data, random.Random(seed))
        return everything(weir)


def differences(want, got):
    for name in want:
        for label, a, b in (("extra", got, want), ("missing", want, got)):
            odd = sorted(set(a[name]) - set(b[name]))
            if odd or len(a[name]) > len(b[name]):
                yield "%d %s %s, the first: %s" % (
                    len(odd), label, name, (odd or a[name])[0][:500])


def torture(check, stories=STORIES):
    for seed, story in enumerate(stories):
        data = read(story)
        want = history(story, data, whole, seed)
        for way in WAYS:
            got = history(story, data, way, seed)
            check("%s %s equals whole (%d events)" % (
                story, way.__name__, len(want["events"])), got == want)
            for text in differences(want, got):
                print("    " + text)


if __name__ == "__main__":
    def say(what, good):
        print("%s %s" % ("ok    " if good else "FAILED", what), flush=True)
    torture(say, sys.argv[1:] or STORIES)
