# SPDX-License-Identifier: Apache-2.0
"""A disk that fills and frees again while mail flows.

The database is on a small tmpfs.  Under steady load, with strangers relaying
all the time:

	1. a ballast file fills it: status says so, alerts go on arriving
	2. the daemon gets SIGKILL and is started again: it goes on watching
	3. the ballast goes, under load: what was not stored is read again
	4. it is filled once more; the load ends; freed when all is quiet

Networks that use one hole are one alert, so the first strangers come when the
disk is full; to the daemon that comes after the killed one they are news again.

Afterwards the store equals a quiet import of the same log; each alert was told
once, but those that the killed daemon told without being able to store that,
which come once more under the same webhook-id; and for each of the two times
there is a notice, whose extent is held against the log and the position that
was stored when the disk was full.
"""
import bisect
import collections
import datetime
import json
import re
import sqlite3
import subprocess
import time

import once
from daemon import Daemon
from judge import WEIR, network
from live import file_stamps, journal_stamps, load, mail_host
from logs import JOURNAL, wait_for
from world import run

SECONDS, MESSAGES, RELAYS, QUIET = 48, 12, 144, 8
SIZE = 24 << 20
NOTICE = re.compile(r"from (\S+) to (\S+) nothing was stored .*; (\d+) lines ")
# An alert is told within, a stamp and a clock agree within.
TOLD, NEAR = 3.0, 1.0


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Disk:
    """The small disk, and what the database on it says."""

    def __init__(self, path):
        self.path = path
        self.path.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=%d" % SIZE, "disk", path)

    def fill(self):
        with open(self.path / "ballast", "wb", buffering=0) as f:
            try:
                while f.write(b"\0" * 65536):
                    pass
            except OSError:
                pass

    def free(self):
        (self.path / "ballast").unlink()

    def end(self):
        run("umount", "-l", self.path)

    def position(self):
        """(offset, cursor) of the last commit."""
        db = sqlite3.connect("file:%s?mode=ro" % (self.path / "weir.db"),
                             uri=True)
        try:
            return db.execute("SELECT offset, cursor FROM stream "
                              "ORDER BY id DESC LIMIT 1").fetchone()
        finally:
            db.close()


class Run:
    def __init__(self, lab, check, source):
        self.lab, self.check, self.source = lab, check, source
        where = source if source == "journal" else lab.logs.path("iso")
        self.disk = Disk(lab.directory / "disk")
        self.weir = Daemon(lab.directory, where, database=self.disk.path)
        self.sent_path = lab.directory / "sent.jsonl"
        self.positions, self.full, self.freed = [], [], []
        self.killed_at = 0

    def says(self, what, good):
        self.check("%s: %s" % (self.source, what), good)

    def storing(self):
        """The exit status of `weir status`, and its first line."""
        done = subprocess.run([WEIR, "status", "-c", self.weir.conf],
                              capture_output=True, timeout=30)
        return done.returncode, done.stdout.decode().partition("\n")[0]

    def wait_full(self):
        wait_for("NOT STORING", lambda: self.storing()[1].startswith(
            "NOT STORING: "), 30, 0.05)

    def wait_storing(self):
        wait_for("storing", lambda: self.storing()[0] == 0, 30, 0.05)

    def fill(self):
        self.disk.fill()
        self.wait_full()
        self.full.append(time.time())
        self.positions.append(self.disk.position())

    def free(self):
        self.disk.free()
        self.wait_storing()
        self.freed.append(time.time())

    def relays(self, since, until):
        """Networks of the strangers whose mail was taken then."""
        with open(self.sent_path) as f:
            sent = [json.loads(line) for line in f]
        return {network(s["client_address"]) for s in sent
                if s["kind"] == "relay" and s["code"] == 250
                and since <= s["at"] < until}

    def told(self, since):
        return {h["opener"] for h in self.weir.hooks() if h["at"] >= since
                and h["type"] == "alert.opened" and h["good"]}

    def watches(self, when, since, news=True):
        """For some seconds, from SINCE on: strangers are told of, unless
        they join what is open."""
        time.sleep(6)
        relays = self.relays(self.full[0], time.time())
        if news:
            wait_for("alerts", lambda: relays & self.told(since), TOLD)
        position = self.disk.position()
        n = len(relays & self.told(since))
        self.says("%s: %d alerts arrive for %d relays, and nothing is stored"
                  % (when, n, len(relays)), len(relays) >= 2 and
            position == self.positions[-1] and
            self.storing()[1].startswith("NOT STORING: "))

    def play(self):
        weir = self.weir
        weir.receiver()
        weir.start()
        time.sleep(1)
        traffic = load(self.sent_path, SECONDS, MESSAGES, RELAYS,
                       quiet=QUIET)
        time.sleep(4)
        self.fill()
        self.watches("a full disk", self.full[0])
        weir.kill()
        self.killed_at = time.time()
        weir.start()
        self.wait_full()
        self.watches("started on a full disk", self.killed_at)
        self.free()
        time.sleep(3)
        self.says("it was freed under load", traffic.poll() is None)
        self.fill()
        self.watches("full again", self.full[1], news=False)
        traffic.wait(SECONDS + 60)
        self.lab.idle()
        self.lab.logs.flush()
        time.sleep(2)
        self.free()
        once.settle(self.lab, weir, self.sent_path)
        self.says("a clean stop at last", weir.stop())
        self.lab.logs.flush()

    # -- what is there afterwards -----------------------------------------

    def lines_after(self, position):
        """Stamps of the lines that were not stored then, in order."""
        offset, cursor = position
        if self.source == "journal":
            out = run("journalctl", "-o", "json", "-a", "--no-pager",
                      "--output-fields=MESSAGE", "--after-cursor", cursor,
                      "SYSLOG_FACILITY=2")
            return [int(json.loads(line)["__REALTIME_TIMESTAMP"]) / 1e6
                    for line in out.splitlines()]
        with open(self.lab.logs.path("iso"), "rb") as f:
            f.seek(offset)
            return [seconds(line.split(b" ", 1)[0].decode()) for line in f]

    def last_stored(self, position):
        """The stamp of the line before."""
        stamps = sorted(at for at, _ in (
            journal_stamps if self.source == "journal" else
            file_stamps)(self.lab))
        return stamps[-len(self.lines_after(position)) - 1]

    def notices(self):
        """(from, to, lines) of each, and what is wrong with it."""
        out = [json.loads(line) for line in self.weir.weir().lines(
            "query", "--db", self.weir.database(), "events", "--kind",
            "notice", "--format", "jsonl")]
        found = sorted(NOTICE.search(json.dumps(e)).groups() for e in out
                       if "not_stored" in json.dumps(e))
        self.says("a notice for each of two times", len(found) == 2)
        for (since, until, n), position, full, freed in zip(
                found, self.positions, self.full, self.freed):
            since, until, n = seconds(since), seconds(until), int(n)
            after = self.lines_after(position)
            low = bisect.bisect(after, until - NEAR)
            high = bisect.bisect(after, until + NEAR)
            print("  not stored: from %+.1f s of the last line stored, to "
                  "%+.1f s of when it is seen; %d lines, %d to %d in the log"
                  % (since - self.last_stored(position), until - freed, n,
                     low, high))
            self.says("from when", self.last_stored(position) - NEAR <= since
                      <= full)
            self.says("to when", freed - 2 <= until <= freed)
            self.says("and how much", low <= n <= high)

    def told_once(self):
        times = collections.defaultdict(list)
        for h in self.weir.hooks():
            if h["type"] == "alert.opened" and h["code"] == 204:
                times[h["id"]].append((h["at"], h["webhook_id"]))
        twice = [v for v in times.values() if len(v) > 1]
        print("  %d alerts told, %d of them again by the one that came after "
              "the killed" % (len(times), len(twice)))
        self.says("what was told again had been told by the killed one",
                  all(len(v) == 2 and self.full[0] - NEAR <= min(v)[0] <=
                      self.killed_at for v in twice))
        self.says("and has the same webhook-id",
                  all(len({ident for _, ident in v}) == 1 for v in twice))

    def end(self):
        self.weir.end()
        self.disk.end()


def torture(lab, check, source):
    mail_host(lab)
    it = Run(lab, check, source)
    try:
        it.play()
        it.notices()
        it.told_once()
        once.compare(lab, check, source, it.weir)
    finally:
        it.end()
