#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spread a recording of some minutes evenly over one day.

	stretch.py LOG YYYY-MM-DD > OUT

LOG is in RSYSLOG_TraditionalFileFormat and holds the lab's group marks
("lab: group").  The lab lets the queue run empty before each mark, so a
group holds whole deliveries.  Group i of n begins at i/n of the day; inside a
group every line keeps its distance from the group's first line, to the
second.  The stamps are the only thing that changes: order, queue ids,
process ids and the delay= fields (which are those of the recording) stay.
"""
import datetime
import sys

MARK = b" lab: group"
STAMP = 15


def when(line, year):
    text = "%d %s" % (year, line[:STAMP].decode())
    return datetime.datetime.strptime(text, "%Y %b %d %H:%M:%S")


def stamp(at):
    return at.strftime("%b %e %H:%M:%S").encode()


def groups(lines):
    group = []
    for line in lines:
        if MARK in line:
            if group:
                yield group
            group = []
        else:
            group.append(line)
    if group:
        yield group


def stretch(lines, day):
    """DAY is a datetime at midnight."""
    parts = list(groups(lines))
    slot = datetime.timedelta(days=1) / len(parts)
    out = []
    for i, part in enumerate(parts):
        begin = (day + i * slot).replace(microsecond=0)
        first = when(part[0], day.year)
        for line in part:
            gap = when(line, day.year) - first
            if not datetime.timedelta(0) <= gap < slot:
                raise ValueError("group %d does not fit its slot" % i)
            out.append(stamp(begin + gap) + line[STAMP:])
    return out


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as log:
        sys.stdout.buffer.writelines(stretch(
            log, datetime.datetime.strptime(sys.argv[2], "%Y-%m-%d")))
