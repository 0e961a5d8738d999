# SPDX-License-Identifier: Apache-2.0
"""Exactly once: weir is killed again and again while mail flows.

At random moments, and right after its database was written to, the daemon
gets SIGKILL and is started again; the file is rotated meanwhile.  Afterwards
its events, messages and alerts must equal, byte for byte, those of a quiet
import of the same log, and the receiver must have got every alert, under one
webhook-id.  Left out of the comparison: seq and what is wall clock.
"""
import collections
import json
import os
import random
import struct
import time

from daemon import Daemon
from judge import WEIR, Weir
from live import load, mail_host
from logs import JOURNAL, wait_for

KILLS, MESSAGES, RELAYS_A_SECOND = 110, 12, 3
WALL_CLOCK = {"seq", "historical"}
KINDS = "message,delivery,reject,auth"


def torn(wal):
    """Whether a write-ahead log ends within a transaction: frames of the
    current salt after the last one that commits."""
    data = wal.read_bytes() if wal.exists() else b""
    if len(data) < 32:
        return False
    size, = struct.unpack(">I", data[8:12])
    last = count = 0
    for at in range(32, len(data) - 24 - size + 1, 24 + size):
        if data[at + 8:at + 16] != data[16:24]:
            break
        count += 1
        if data[at + 4:at + 8] != b"\0\0\0\0":
            last = count
    return count > last


class Killer:
    """Kills, aimed at a write of the database half of the time."""

    def __init__(self, weir, log, seed):
        self.weir, self.log = weir, log
        self.wal = weir.state / "weir.db-wal"
        self.rng = random.Random(seed)
        self.counts = collections.Counter()

    def written(self):
        """Changes whenever the database is written to."""
        try:
            stat = self.wal.stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime, stat.st_size)

    def once(self):
        """Start, let it run, kill."""
        self.weir.start(wait=False)
        pause = self.rng.choice((0.05, 0.2, 0.5, 0.8)) * self.rng.random()
        end = time.monotonic() + pause
        while time.monotonic() < end:
            if self.weir.proc.poll() is not None:
                raise RuntimeError("weir ended by itself: " + (
                    self.weir.state / "daemon.err").read_text()[-500:])
            time.sleep(0.002)
        aimed = self.rng.random() < 0.6 and self.aim()
        self.weir.kill()
        self.counts["kills"] += 1
        self.counts["at a write"] += aimed
        self.counts["left half a transaction"] += torn(self.wal)
        try:
            unread = self.log.stat().st_mtime > self.written()[0]
        except OSError:
            unread = False
        self.counts["with lines not yet stored"] += unread

    def aim(self, limit=0.5):
        """Wait for the next write, and a moment; False if none came."""
        before, end = self.written(), time.monotonic() + limit
        while self.written() == before:
            if time.monotonic() > end:
                return False
            time.sleep(0.0002)
        time.sleep(self.rng.random() * 0.002)
        return True

    def __str__(self):
        return ", ".join("%d %s" % (n, what)
                         for what, n in self.counts.items())


def rows(weir, *what):
    """Sorted lines of JSON without what may differ."""
    out = []
    for line in weir.lines(*what):
        item = json.loads(line)
        for name in WALL_CLOCK:
            item.pop(name, None)
        out.append(json.dumps(item, sort_keys=True))
    return sorted(out)


def everything(weir):
    db = ("--db", weir.db)
    return {
        "events": rows(weir, "query", *db, "events", "--kind", KINDS,
                       "--format", "jsonl", "--limit", "10000000"),
        "messages": rows(weir, "query", *db, "messages", "--format",
                         "jsonl", "--limit", "10000000"),
        "alerts": rows(weir, "alerts", *db, "list", "--format", "jsonl"),
    }


def caught_up(weir, told):
    """The last message is stored, and nothing came for a second."""
    last = "<%s.%d@load.example>" % told
    wait_for("weir to catch up", lambda: weir.lines(
        "query", "--db", weir.db, "events", "--kind", "delivery",
        "--message-id", last, "--format", "jsonl"), 60, 0.5)
    time.sleep(4)


def torture(lab, check, source):
    mail_host(lab)
    where = source if source == "journal" else lab.logs.path("trad")
    weir = Daemon(lab.directory, where, fail=7)
    killer = Killer(weir, lab.logs.path("iso"), 7)
    sent_path = lab.directory / "sent.jsonl"
    seconds = KILLS * 0.55
    try:
        weir.receiver()
        # Once it runs in peace: what was before its first start is not its.
        weir.start()
        time.sleep(2)
        weir.kill()
        traffic = load(sent_path, seconds, MESSAGES,
                       int(seconds * RELAYS_A_SECOND))
        turn = time.monotonic() + 6
        while killer.counts["kills"] < KILLS or traffic.poll() is None:
            killer.once()
            if source != "journal" and time.monotonic() > turn:
                lab.logs.rotate()
                turn = time.monotonic() + 6
        lab.idle()
        weir.start()
        settle(lab, weir, sent_path)
        check("%s: a clean stop at last" % source, weir.stop())
        print("%s: %s; %d messages" % (source, killer, count(sent_path)))
        check("%s: %d kills" % (source, killer.counts["kills"]),
              killer.counts["kills"] >= KILLS)
        lab.logs.flush()
        compare(lab, check, source, weir)
    finally:
        weir.end()


def count(path):
    with open(path) as f:
        return sum(1 for _ in f)


def settle(lab, weir, sent_path):
    with open(sent_path) as f:
        sent = [json.loads(line) for line in f]
    last = max((s for s in sent if s["kind"] != "failed"),
               key=lambda s: s["at"])
    caught_up(weir.weir(), (last["kind"], last["n"]))
    # The receiver refuses some; they are sent again.
    wait_for("the webhooks", lambda: opened(weir) >= len(
        weir.weir().alerts()), 90, 1)


def opened(weir):
    return len({h["id"] for h in weir.hooks()
                if h["type"] == "alert.opened" and h["code"] == 204})


def compare(lab, check, source, weir):
    quiet_db = lab.directory / "quiet.db"
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(str(quiet_db) + suffix):
            os.unlink(str(quiet_db) + suffix)
    quiet = Weir(WEIR, weir.conf, quiet_db)
    if source == "journal":
        quiet.imports(JOURNAL)
    else:
        rotated = sorted(lab.directory.glob(weir.source.name + "*"),
                         key=lambda p: -int(p.suffix[1:])
                         if p.suffix[1:].isdigit() else 0)
        quiet.imports(*rotated)
    want, got = everything(quiet), everything(weir.weir())
    for name in want:
        extra = list((collections.Counter(got[name]) -
                      collections.Counter(want[name])).elements())
        missing = list((collections.Counter(want[name]) -
                        collections.Counter(got[name])).elements())
        check("%s: %d %s equal a quiet import's" % (
            source, len(want[name]), name), not extra and not missing
              and len(want[name]) > 0)
        for label, lines in (("extra", extra), ("missing", missing)):
            for line in lines[:2]:
                print("    %s, %d in all: %s" % (label, len(lines),
                                                 line[:700]))
    hooks(check, source, weir, got["alerts"])


def hooks(check, source, weir, alerts):
    """Each alert was told at least once, always under the same id."""
    got = [h for h in weir.hooks() if h["type"] != "test"]
    ids = collections.defaultdict(set)
    meaning = collections.defaultdict(set)
    for h in got:
        if h["type"] == "alert.opened":
            ids[h["id"]].add(h["webhook_id"])
        meaning[h["webhook_id"]].add((h["id"], h["type"]))
    alert_ids = {json.loads(a)["id"] for a in alerts}
    told = {h["id"] for h in got
            if h["type"] == "alert.opened" and h["code"] == 204}
    check("%s: the receiver got each of %d alerts" % (
        source, len(alert_ids)), alert_ids <= told and told)
    check("%s: one webhook-id for each alert and transition" % source,
          all(len(v) == 1 for v in ids.values()) and
          all(len(v) == 1 for v in meaning.values()))
    check("%s: every signature is right" % source,
          all(h["good"] for h in got))
