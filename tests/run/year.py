#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A year of a small host's mail, twice: year.py DIRECTORY

DIRECTORY/whole.log has stamps with year and zone; DIRECTORY/rotated has the
same lines with the stamps of RFC 3164, in the weekly files that logrotate
leaves: mail.log, mail.log.1, mail.log.2.gz ... with the times they would have.
"""
import datetime
import gzip
import os
import pathlib
import random
import sys

DAYS, A_DAY = 366, 25
START = datetime.datetime(2025, 7, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def message(at, n, rand):
    """[(time, tag, text)] of one message, within some seconds."""
    qid = "%010X" % (0x4F00000000 + n)
    client = "host%d.example.net[203.0.113.%d]" % (n % 40, n % 40)
    kind = rand.random()
    local = kind < 0.6
    rcpt = "u%d@%s" % (n % 90, "example.org" if local else "far.example")
    login = "" if local or kind > 0.98 else \
        ", sasl_method=PLAIN, sasl_username=u%d" % (n % 30)
    said = [(0, "smtpd[%d]" % (100 + n % 9), "connect from " + client),
            (0, "smtpd[%d]" % (100 + n % 9), "%s: client=%s%s" % (
                qid, client, login)),
            (0, "cleanup[20]", "%s: message-id=<%d@example.net>" % (qid, n)),
            (1, "qmgr[30]", "%s: from=<s%d@example.net>, size=%d, nrcpt=1 "
             "(queue active)" % (qid, n % 50, 900 + n)),
            (1, "smtpd[%d]" % (100 + n % 9), "disconnect from %s ehlo=1 "
             "mail=1 rcpt=1 data=1 quit=1 commands=5" % client)]
    if local:
        said.append((2, "local[40]", "%s: to=<%s>, relay=local, delay=1, "
                     "delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to "
                     "maildir)" % (qid, rcpt)))
    else:
        said.append((2, "smtp[50]", "%s: to=<%s>, relay=mx.far.example"
                     "[198.51.100.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
                     "status=sent (250 ok)" % (qid, rcpt)))
    said.append((2, "qmgr[30]", qid + ": removed"))
    return [(at + datetime.timedelta(seconds=s), tag, text)
            for s, tag, text in said]


def lines():
    rand = random.Random(7)
    n = 0
    for day in range(DAYS):
        times = sorted(rand.randrange(0, 86390 // 4) * 4
                       for _ in range(A_DAY))
        for second in times:
            n += 1
            yield from message(START + day * DAY +
                               datetime.timedelta(seconds=second), n, rand)


def main():
    top = pathlib.Path(sys.argv[1])
    rotated = top / "rotated"
    rotated.mkdir(parents=True)
    weeks = {}
    with open(top / "whole.log", "w") as whole:
        for at, tag, text in sorted(lines(), key=lambda line: line[0]):
            whole.write("%s mx1 postfix/%s: %s\n" % (
                at.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00"), tag, text))
            weeks.setdefault((at - START).days // 7, []).append(
                (at, "%s %2d %s mx1 postfix/%s: %s\n" % (
                    at.strftime("%b"), at.day, at.strftime("%H:%M:%S"),
                    tag, text)))
    last = max(weeks)
    for week, said in weeks.items():
        age = last - week
        name = "mail.log" + ("" if age == 0 else ".%d" % age)
        data = "".join(line for _, line in said)
        path = rotated / (name + (".gz" if age > 1 else ""))
        if age > 1:
            with gzip.open(path, "wt") as f:
                f.write(data)
        else:
            path.write_text(data)
        written = said[-1][0].timestamp()
        os.utime(path, (written, written))
    print(len(weeks), "files,", sum(map(len, weeks.values())), "lines")


if __name__ == "__main__":
    main()
