# SPDX-License-Identifier: Apache-2.0
"""What weir costs a host on which nothing happens: the clock ticks of CPU of
a minute, with a journal and two files open."""
import os
import time

from daemon import Daemon

SECONDS, MOST = 60, 1

SOURCE = "[source %s]\npath = %s\ntimezone = UTC\n"


def ticks(pid):
    """User and system time of all its threads, in clock ticks."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def measure(lab, check):
    lab.postfix()
    files = []
    for name in ("old", "other"):
        path = lab.directory / (name + ".log")
        path.write_text("2026-11-23T10:00:00.000000+00:00 mx2 "
                        "postfix/anvil[7]: statistics: max cache size 1 at "
                        "Nov 23 10:00:00\n")
        files.append(SOURCE % (name, path))
    weir = Daemon(lab.directory, "journal", more="".join(files))
    try:
        weir.start()
        time.sleep(15)
        before = ticks(weir.proc.pid)
        time.sleep(SECONDS)
        used = ticks(weir.proc.pid) - before
        with open("/proc/%d/statm" % weir.proc.pid) as f:
            resident = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        status = weir.get("/api/v1/status")[1].decode()
        check("idle: it watches all three (%s)" % status[:60],
              all(name in status for name in ("old", "other", "journal")))
    finally:
        weir.end()
    print("  idle: %d ticks of %d a second in %d s, %.1f MB resident" % (
        used, os.sysconf("SC_CLK_TCK"), SECONDS, resident / 1e6))
    check("idle: at most %d tick of CPU a minute" % MOST, used <= MOST)
