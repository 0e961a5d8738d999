# SPDX-License-Identifier: Apache-2.0
"""Other syslog daemons, each in the place of rsyslog.

rsyslogd hands them every line of mail as libc's syslog() had written it to
/dev/log, on a socket for each:

	bsd.log      GNU inetutils: traditional, "last message repeated N times"
	busybox.log  busybox: the facility and level as a word
	ng.log       syslog-ng's own template
	ng-iso.log   the same with RFC 3339 stamps
	ng-5424.log  the same as RFC 5424
"""
import os
import pathlib
import subprocess

from world import run

RUN = pathlib.Path("/run/lab/loggers")
# busybox has no other place than /dev/log: a /dev of its own.
SOCKETS = {"bsd": RUN / "bsd", "busybox": RUN / "dev/log", "ng": RUN / "ng"}
FORMS = ("bsd", "busybox", "ng", "ng-iso", "ng-5424")

TO_SOCKETS = """module(load="omuxsock")
template(name="libc" type="string"
         string="<%%PRI%%>%%TIMESTAMP%% %%syslogtag%%%%msg%%")
%s"""
TO_SOCKET = """$OMUxSockSocket %s
mail.* :omuxsock:;libc
"""

SYSLOG_NG = """@version: 3.38
options { keep-hostname(no); use-dns(no); stats-freq(0); frac-digits(6); };
source lab { unix-dgram("%s"); };
log { source(lab);
  destination { file("%s/ng.log"); };
  destination { file("%s/ng-iso.log" ts-format(iso)); };
  destination { file("%s/ng-5424.log" flags(syslog-protocol)); };
};
"""


def rsyslog_conf():
    return TO_SOCKETS % "".join(TO_SOCKET % s for s in SOCKETS.values())


def commands(directory):
    """The command line of each, in the foreground."""
    (RUN / "dev").mkdir(parents=True, exist_ok=True)
    for socket in SOCKETS.values():
        socket.unlink(missing_ok=True)
    for name in ("null", "zero", "urandom"):
        if not (RUN / "dev" / name).exists():
            run("cp", "-a", "/dev/" + name, RUN / "dev" / name)
    bsd, ng = RUN / "bsd.conf", RUN / "ng.conf"
    bsd.write_text("mail.*\t-%s/bsd.log\n" % directory)
    ng.write_text(SYSLOG_NG % ((SOCKETS["ng"],) + (directory,) * 3))
    return [
        ["/usr/sbin/syslogd", "--no-detach", "--no-klog", "-f", bsd,
         "-P", RUN / "bsd.pid", "-p", SOCKETS["bsd"]],
        ["unshare", "--mount", "sh", "-c", "mount --bind %s /dev && exec "
         "busybox syslogd -n -O %s/busybox.log" % (RUN / "dev",
                                                        directory)],
        ["syslog-ng", "-F", "--no-caps", "-f", ng, "-R", RUN / "ng.persist",
         "-p", RUN / "ng.pid", "-c", RUN / "ng.ctl"],
    ]


def start(directory):
    return [subprocess.Popen(
        [str(word) for word in argv], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for argv in commands(directory)]


def listening():
    return all(os.path.exists(s) for s in SOCKETS.values())
