# SPDX-License-Identifier: Apache-2.0
"""Say a log with RFC 3339 stamps as another logger would: in FORM.

usage: wrap.py FORM <LOG >LOG
"""
import json
import re
import struct
import sys
from datetime import datetime, timedelta, timezone

LINE = re.compile(r"(\S+) (\S+) ([^ \[:]+)(?:\[(\d+)\])?: ?(.*)")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def usec(at):
    return (at - EPOCH) // timedelta(microseconds=1)


def maillog(at, host, rest):
    """What a container of another zone writes to its standard output."""
    there = at.astimezone(timezone(timedelta(hours=-7)))
    return f"{there:%b} {there.day:2d} {there:%H:%M:%S} {host} {rest}"


def docker(at, host, rest):
    text = json.dumps(maillog(at, host, rest) + "\n", ensure_ascii=False)
    for c in "<>&":
        text = text.replace(c, f"\\u{ord(c):04x}")
    stamp = f"{at.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}"
    end = ',"stream":"stdout","time":"%s123Z"}' % stamp
    # Cut as Docker does, only sooner; not inside of an escape.
    if len(text) < 120 or "\\" in text[80:120]:
        return f'{{"log":{text}{end}'
    return f'{{"log":{text[:100]}"{end}\n{{"log":"{text[100:]}{end}'


def multilog(at, host, rest):
    us = usec(at)
    label = "@%016x%08x" % (2**62 + 10 + us // 10**6, us % 10**6 * 1000)
    return f"{label} {maillog(at, host, rest)}"


def doubled(at, host, rest):
    return f"{at.isoformat()} relay {at.isoformat()} {host} {rest}"


def imfile(at, host, rest):
    return f"{at.isoformat()} relay maillog: {maillog(at, host, rest)}"


def driver(at, host, rest):
    """Docker's syslog driver with RFC 5424 stamps."""
    return (f"<30>1 {at.isoformat()} dock 1f2e3d4c5b6a 811 1f2e3d4c5b6a - "
            f"{maillog(at, host, rest)}")


def export(at, host, rest, container=False):
    fields = ["__CURSOR=s=1", f"__REALTIME_TIMESTAMP={usec(at)}",
              "__MONOTONIC_TIMESTAMP=1", "_BOOT_ID=1", "_UID=0",
              "_TRANSPORT=syslog"]
    m = LINE.match(f"x x {rest}")
    if container or m is None:
        fields += ["_HOSTNAME=dock", "CONTAINER_NAME=mail",
                   "SYSLOG_IDENTIFIER=1f2e3d4c5b6a"]
        text = maillog(at, host, rest)
    else:
        fields += [f"_HOSTNAME={host}", f"SYSLOG_IDENTIFIER={m[3]}"]
        fields += [f"SYSLOG_PID={m[4]}"] if m[4] else []
        text = m[5]
    head = "\n".join(fields).encode() + b"\n"
    raw = text.encode()
    # A message that is no plain ASCII comes as bytes.
    if not text.isascii() or not text.isprintable():
        return head + b"MESSAGE\n" + struct.pack("<Q", len(raw)) + raw + b"\n"
    return head + b"MESSAGE=" + raw + b"\n"


def journald(at, host, rest):
    return export(at, host, rest, container=True)


FORMS = [docker, multilog, doubled, imfile, driver, export, journald]


def main():
    form = sys.argv[1]
    for i, line in enumerate(sys.stdin.buffer.read().decode().splitlines()):
        stamp, host, rest = line.split(" ", 2)
        at = datetime.fromisoformat(stamp)
        how = FORMS[i * 7919 % len(FORMS)] if form == "mixed" else \
            globals()[form]
        out = how(at, host, rest)
        if isinstance(out, str):
            out = out.encode()
        sys.stdout.buffer.write(out + b"\n")


main()
