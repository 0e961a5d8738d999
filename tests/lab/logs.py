# SPDX-License-Identifier: Apache-2.0
"""A real journald and a real rsyslogd, as on Debian.

Programs log to /dev/log, which is journald's.  journald keeps a persistent
journal and forwards to rsyslog, which writes the same lines three times:

	trad.log   RSYSLOG_TraditionalFileFormat   Nov 23 18:12:55 mx1 tag: ...
	iso.log    RSYSLOG_FileFormat              2026-11-23T18:12:55.123456+00:00
	p23.log    RSYSLOG_SyslogProtocol23Format  <22>1 2026-... mx1 postfix 12 - -

stop() leaves all forms in one directory and makes sure that none of them lost
a line; with `others` there are those of loggers.py too.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import loggers
from world import run

JOURNAL = pathlib.Path("/var/log/journal")
FORMS = {"trad": "RSYSLOG_TraditionalFileFormat",
         "iso": "RSYSLOG_FileFormat",
         "p23": "RSYSLOG_SyslogProtocol23Format"}

JOURNALD_CONF = """[Journal]
Storage=persistent
Seal=no
RateLimitIntervalSec=0
ForwardToSyslog=yes
ReadKMsg=no
Audit=no
SystemMaxUse=1G
"""

RSYSLOG_CONF = """global(workDirectory="/var/spool/rsyslog")
module(load="imuxsock" SysSock.Name="/run/systemd/journal/syslog"
       SysSock.RateLimit.Interval="0")
$RepeatedMsgReduction %s
$FileCreateMode 0640
"""


def wait_for(what, test, limit=20, step=0.02):
    end = time.monotonic() + limit
    while not test():
        if time.monotonic() > end:
            raise RuntimeError("timeout: " + what)
        time.sleep(step)


class Logs:
    """The logging services of one scenario."""

    def __init__(self, directory, repeat_reduction=False, others=False):
        self.directory = pathlib.Path(directory)
        self.repeat_reduction, self.others = repeat_reduction, others
        self.procs, self.other_procs = [], []

    def path(self, form):
        return self.directory / (form + ".log")

    def start(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree("/run/systemd/journal", ignore_errors=True)
        shutil.rmtree(JOURNAL, ignore_errors=True)
        for d in ("/run/systemd/journal", "/etc/systemd/journald.conf.d",
                  "/var/spool/rsyslog", JOURNAL):
            os.makedirs(d, exist_ok=True)
        pathlib.Path("/etc/systemd/journald.conf.d/zz-lab.conf").write_text(
            JOURNALD_CONF)
        pathlib.Path("/etc/machine-id").write_text("19" * 16 + "\n")
        pathlib.Path("/run/systemd/journal/flushed").touch()
        conf = RSYSLOG_CONF % ("on" if self.repeat_reduction else "off")
        for form, template in FORMS.items():
            conf += "mail.* action(type=\"omfile\" file=\"%s\" " \
                "template=\"%s\")\n" % (self.path(form), template)
        if self.others:
            conf += loggers.rsyslog_conf()
            self.other_procs = loggers.start(self.directory)
            wait_for("the other loggers' sockets", loggers.listening)
        pathlib.Path("/etc/rsyslog-lab.conf").write_text(conf)
        self._spawn("/lib/systemd/systemd-journald")
        wait_for("journald's socket",
                 lambda: os.path.exists("/run/systemd/journal/dev-log"))
        if not os.path.islink("/dev/log"):
            os.symlink("/run/systemd/journal/dev-log", "/dev/log")
        self._spawn("rsyslogd", "-n", "-f", "/etc/rsyslog-lab.conf",
                    "-i", "/run/rsyslogd.pid")
        wait_for("rsyslog's socket",
                 lambda: os.path.exists("/run/systemd/journal/syslog"))
        run("logger", "-p", "mail.info", "-t", "lab", "begin")
        wait_for("rsyslog's file", lambda: self.has("lab: begin"))

    def _spawn(self, *argv):
        env = dict(os.environ, SYSTEMD_LOG_TARGET="null")
        self.procs.append(subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def has(self, text):
        path = self.path("trad")
        return path.exists() and text.encode() in path.read_bytes()

    def rotate(self):
        """What logrotate does with "create": rename, then HUP."""
        for form in FORMS:
            path = self.path(form)
            for n in range(99, 0, -1):
                old = path.with_name("%s.%d" % (path.name, n))
                if old.exists():
                    old.rename(path.with_name("%s.%d" % (path.name, n + 1)))
            path.rename(path.with_name(path.name + ".1"))
        self.procs[1].send_signal(signal.SIGHUP)
        run("logger", "-p", "mail.info", "-t", "lab", "rotated")
        wait_for("the new log", lambda: all(self.path(form).exists()
                                            for form in FORMS))

    def flush(self):
        """Wait until every line logged so far is in all forms."""
        mark = "end-%d" % time.monotonic_ns()
        run("logger", "-p", "mail.info", "-t", "lab", mark)
        for form in (*FORMS, *(loggers.FORMS if self.others else ())):
            wait_for("the last line in " + form, lambda: mark.encode() in
                     self.path(form).read_bytes()[-4096:])
        run("journalctl", "--sync")

    def stop(self):
        """End both services; the journal is copied beside the files."""
        for proc in self.procs[::-1] + self.other_procs:
            proc.terminate()
            proc.wait(timeout=20)
        self.procs, self.other_procs = [], []
        shutil.rmtree(self.directory / "journal", ignore_errors=True)
        shutil.copytree(JOURNAL, self.directory / "journal")
