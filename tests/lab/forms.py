# SPDX-License-Identifier: Apache-2.0
"""Every form in which one log may come, and what weir makes of each.

Written by the real thing while the mail flowed, or made of that afterwards by
the real thing:

	trad iso p23            rsyslogd, its three stamps
	journal                 journald's files, copied
	bsd busybox ng ng-*     other syslog daemons (loggers.py)
	export short short-iso  journalctl -o
	remote                  systemd-journal-remote, of the export: the journal
	                        of another machine
	gz                      gzip, of trad
	xz                      xz, of trad, by xzcat to standard input
	maillog                 Postfix's postlogd (maillog_file)
	multilog svlogd         fed with that by tail -F

Said again by us, in another's words:

	docker doubled imfile driver mixed
	                        tests/run/wrap.py, of iso
	hosts                   two hosts in one file, each line of bsd twice: the
	                        repeats are between the other's lines
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import judge
import logs
import loggers
from world import REPO, run

RECORDED = (*logs.FORMS, "journal", *loggers.FORMS)
JOURNALCTL = {"export": "export", "short": "short",
              "short-iso": "short-iso-precise"}
WRAPPED = ("docker", "doubled", "imfile", "driver", "mixed")
FOLLOWED = ("multilog", "svlogd")
REMOTE = "/lib/systemd/systemd-journal-remote"
HEAD = re.compile(rb"(\w{3} [ \d]\d [\d:]{8}) mx1 ")


def make(out):
    """What is made of the recorded forms."""
    for form, name in JOURNALCTL.items():
        with open(out / (form + ".log"), "wb") as f:
            subprocess.run(["journalctl", "-D", out / "journal", "-a", "-o",
                            name, "--no-pager"], stdout=f, check=True)
    (out / "remote").mkdir()
    run(REMOTE, "-o", out / "remote/remote-mx1.journal", out / "export.log")
    iso = (out / "iso.log").read_bytes()
    for form in WRAPPED:
        with open(out / (form + ".log"), "wb") as f:
            subprocess.run([sys.executable, REPO / "tests/run/wrap.py",
                            form], input=iso, stdout=f, check=True)
    run("gzip", "-k", "-S", ".1.gz", out / "trad.log")
    run("xz", "-k", out / "trad.log")
    with open(out / "bsd.log", "rb") as f:
        (out / "hosts.log").write_bytes(b"".join(
            line + HEAD.sub(rb"\1 mx2 ", line, count=1) for line in f))


def place(out, form):
    """Where a form lies."""
    if form in ("journal", "remote"):
        return out / form
    if form in FOLLOWED:
        return out / form / "current"
    return out / {"gz": "trad.log.1.gz", "xz": "trad.log.xz"}.get(
        form, form + ".log")


def on(host, alert):
    """An alert of that host, as far as it is one of a host."""
    return alert["detector"] != "open-relay" or host in [alert["host"]] + [
        r["key"] for r in alert.get("related", ())]


def judged(weir, out, form, truth, quiet):
    """Verdicts on one form: one, or one for each host."""
    with tempfile.TemporaryDirectory(prefix="weir-judge-") as tmp:
        db = judge.Weir(weir, out / "weir.conf", pathlib.Path(tmp, "db"))
        if form == "xz":
            with subprocess.Popen(["xzcat", place(out, form)],
                                  stdout=subprocess.PIPE) as xzcat:
                db.run("import", "-c", db.conf, "--db", db.db, "-",
                       stdin=xzcat.stdout)
        else:
            db.imports(place(out, form))
        events, alerts = db.events(), db.alerts()
    if form != "hosts":
        yield judge.Judge(truth, events, alerts, quiet).run()
        return
    # What a client or a login does on both is one incident.
    for host in ("mx1", "mx2"):
        yield judge.Judge(truth, [e for e in events if e["host"] == host],
                          [a for a in alerts if on(host, a)],
                          quiet).run()


def judge_all(weir, out, name, check, forms):
    truth = judge.load(out / "truth.jsonl")
    quiet = "nothing to raise" in (out / "weir.conf").read_text(
        encoding="utf-8").split("\n", 1)[0]
    for form in forms:
        what = "%s from %s" % (name, form)
        for verdict in judged(weir, out, form, truth, quiet):
            if verdict.faults or form == forms[0]:
                judge.report(what, verdict)
            check(what, not verdict.faults)


# -- what follows Postfix's own log file ---------------------------------

class Followers:
    """multilog and svlogd, each behind a tail -F."""

    def __init__(self, maillog, directory):
        self.maillog, self.directory = maillog, directory
        self.procs = []

    def start(self):
        self.maillog.unlink(missing_ok=True)
        self.maillog.touch()
        for form in FOLLOWED:
            shutil.rmtree(self.directory / form, ignore_errors=True)
            (self.directory / form).mkdir()
        (self.directory / "svlogd/config").write_text("s100000000\n")
        for form, argv in (
                ("multilog", ["multilog", "t", "s16777215"]),
                ("svlogd", ["svlogd", "-tt"])):
            tail = subprocess.Popen(["tail", "-n", "+1", "-F", self.maillog],
                                    stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL)
            self.procs += [tail, subprocess.Popen(
                [*argv, self.directory / form], stdin=tail.stdout)]
            tail.stdout.close()

    def lines(self, form):
        path = place(self.directory, form)
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def stop(self):
        want = self.maillog.read_bytes().count(b"\n")
        for form in FOLLOWED:
            logs.wait_for("all lines in " + form,
                          lambda f=form: self.lines(f) >= want)
        for tail, logger in zip(self.procs[::2], self.procs[1::2]):
            tail.terminate()
            tail.wait(10)
            logger.wait(10)
        shutil.copy(self.maillog, self.directory / "maillog.log")
