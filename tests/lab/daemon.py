# SPDX-License-Identifier: Apache-2.0
"""weir daemon in the lab: its configuration, start, kill and HTTP."""
import base64
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from judge import WEIR, Weir
from lab import POLICY
from logs import JOURNAL, wait_for
from world import HERE

HTTP, HOOK = 8425, 9099

CONF = """[weir]
state-dir = %(place)s
user = root
%(policy)s
%(source)s
[http]
listen = 127.0.0.1:%(http)d
[webhook lab]
url = http://127.0.0.1:%(hook)d/hook
secret-file = %(state)s/secret
allow-private = true
"""


class Daemon:
    """SOURCE is "journal", or the path of a log file; MORE is more of the
    configuration; DATABASE is a place of its own for that."""

    def __init__(self, directory, source, fail=0, more="", database=None):
        self.state = pathlib.Path(directory) / "state"
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(parents=True)
        self.source, self.fail = source, fail
        self.place = database or self.state
        self.conf = self.state / "weir.conf"
        self.received = self.state / "received.jsonl"
        self.received.touch()
        secret = self.state / "secret"
        secret.write_text("whsec_%s\n" % base64.b64encode(
            b"a secret of the lab, 32 bytes!!!").decode())
        secret.chmod(0o600)
        self.conf.write_text(CONF % dict(
            state=self.state, place=self.place, policy=POLICY, http=HTTP,
            hook=HOOK, source=self._section()) + more)
        self.proc = self.hook = None
        self.log = open(self.state / "daemon.err", "ab")

    def _section(self):
        if self.source == "journal":
            return "[source journal]\npath = %s\n" % JOURNAL
        return "[source maillog]\npath = %s\ntimezone = UTC\n" % self.source

    def receiver(self):
        self.hook = subprocess.Popen(
            [sys.executable, HERE / "receiver.py", str(HOOK),
             self.state / "secret", self.received, str(self.fail)])

    def start(self, wait=True):
        self.proc = subprocess.Popen(
            [WEIR, "daemon", "-c", self.conf], stdout=self.log,
            stderr=self.log)
        if wait:
            wait_for("weir's HTTP", self.answers, 20, 0.02)

    def answers(self):
        if self.proc.poll() is not None:
            raise RuntimeError("weir daemon ended with status %d: %s" % (
                self.proc.returncode, (self.state / "daemon.err")
                .read_text(errors="replace")[-500:]))
        try:
            return self.get("/healthz")[0] in (200, 503)
        except OSError:
            return False

    def get(self, path):
        conn = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=5)
        try:
            conn.request("GET", path)
            answer = conn.getresponse()
            return answer.status, answer.read()
        finally:
            conn.close()

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def stop(self):
        """Ask it to end; True if it did so well."""
        good = True
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                good = self.proc.wait(timeout=20) == 0
            except subprocess.TimeoutExpired:
                self.kill()
                good = False
        return good

    def end(self):
        self.stop()
        if self.hook:
            self.hook.kill()
            self.hook.wait()
        self.log.close()

    def database(self):
        found = [p for p in self.place.iterdir()
                 if p.suffix in (".db", ".sqlite", ".sqlite3")]
        if len(found) != 1:
            raise RuntimeError("no database in " + str(self.place))
        return found[0]

    def weir(self):
        return Weir(WEIR, self.conf, self.database())

    def hooks(self):
        with open(self.received) as f:
            return [json.loads(line) for line in f]


def machine():
    """What the figures were measured on."""
    model = "?"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    return "%d cores, %s, %s" % (os.cpu_count(), model,
                                 time.strftime("%Y-%m-%d"))
