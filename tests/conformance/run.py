#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold weir's parsers against other projects' log lines and expectations.

usage: run.py [-v] PARSE_LINES

PARSE_LINES is the program built from parse_lines.c.  The corpora lie in the
directory that WEIR_CORPORA names: one folder a source with *.log (one line a
line) and expected.jsonl (one JSON object for each line that its project's own
tests assert something about).  They are no part of this project; without them
nothing is held and the exit status is 0.

Kinds of expectation: "line" and "shape" are held here, "header" where it is
about time; "message" and "aggregate" are held against the whole engine, by the
binary that WEIR names (engine.py).
"""
import calendar
import collections
import json
import os
import re
import subprocess
import sys
import time

import engine

MTAS = {"postfix"}
RAW = ["raw-aso-solaris", "raw-kdent-1", "raw-kdent-2", "raw-kdent-3",
       "raw-lightmeter-complete", "raw-nole", "modoboa", "lightmeter"]
# Here the anonymiser replaced the words of the lines, too: told, not counted.
SPOILT = ["raw-maillogsentinel"]
MUST_HOLD = 0.97
MAX_UNKNOWN = 0.01

# Stamps without a year: what each source's own tests take as now.
NOW = {"fail2ban": "2005-08-15 00:00:00"}

# Name of an expectation to field of a line.
FIELD = {
    "qid": "queue_id", "next_qid": "next_queue_id",
    "parent_qid": "orig_queue_id", "dsn_qid": "next_queue_id",
    "client_ip": "client_address", "client_name": "client_name",
    "client_port": "client_port", "helo": "helo_name",
    "proto": "protocol_name", "sasl_user": "sasl_username",
    "sasl_mech": "sasl_method", "tls_proto": "encryption_protocol",
    "tls_cipher": "encryption_cipher", "from": "sender", "to": "recipient",
    "orig_to": "original_recipient", "size": "size",
    "nrcpt": "recipient_count", "msgid": "message_id",
    "resent_msgid": "resent_message_id", "relay_host": "relay_host",
    "relay_ip": "relay_address", "relay_port": "relay_port",
    "status": "status", "dsn": "dsn", "smtp_code": "code", "reply": "reply",
    "delay": "delay", "delays": "delays", "conn_use": "conn_use",
    "uid": "local_user", "subject": "subject", "action": "action",
    "stage": "stage", "reason": "reason",
}

# What weir does not keep of a line: not asserted.
NOT_KEPT = {"tls_bits", "hostile", "instance_ip", "direction",
            "msgid_truncated"}

KIND = {"auth_failure": {"auth_failed"}, "reject": {"reject"},
        "lost": {"session", "handshake"}}

# (source, line): why the peer's expectation is no truth about the line.
NO_ID = "a piece of a line: Postfix always logs the queue id before it"
NO_MTA = "written by the peer's own program, not by a mail server"
PEER_ERRORS = {
    ("fluent-plugin-maillog", 4): "no tolerance for clocks that differ",
    ("lightmeter", 24): "leaves out what was logged behind the bracket",
    **{("lightmeter", n): NO_MTA for n in (46, 47, 48, 49)},
    **{("msimerson-postfix-parser", n): NO_ID
       for n in (12, 33, 37, 40, 43, 46, 50)},
}

# (source, case or file, name of the expectation or None)
PEER_WHOLE = {
    # takes the queue id in a remote host's answer for one of this host
    ("lightmeter", "files/4_lost_queue.log", "delivery_events"),
    # leaves out messages whose first lines the log does not have
    ("lightmeter", "files/6_deferred_message_retry.log", "delivery_events"),
}

# kind: function(expect, events, lines) that names what is not met.
ENGINE = {"message": engine.hold_message, "aggregate": engine.hold_aggregate}


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def parse(program, data, now, each=True):
    argv = [program, str(now)] + (["each"] if each else [])
    out = subprocess.run(argv, input=data, stdout=subprocess.PIPE,
                         check=True).stdout
    return [json.loads(x) for x in out.decode("utf-8").splitlines()]


def plain(address):
    """An address as it is inside: without the quotes of its local part."""
    m = re.fullmatch(r'"(.*)"(@[^@]*)?', address or "")
    return re.sub(r"\\(.)", r"\1", m[1]) + (m[2] or "") if m else address


def same(name, want, got, fields):
    want, got = str(want), fields.get(got)
    if want in ("", "none", "NOQUEUE", "0", "unknown") and not got:
        return True
    if name in ("from", "to", "orig_to"):
        return plain(got) == plain(want)
    if name == "reply":         # peers leave out codes, commands, addresses
        return got is not None and (want in got or got in want)
    if name == "status":        # "expired, returned to sender"
        return got == want.split(",")[0]
    if name == "action":
        return got == {"reject_warning": "warn"}.get(want, want)
    if name == "delay":
        return got is not None and float(got) == float(want)
    return got == want


def program_name(unit):
    """Peers cut the address off "postfix-192.0.2.1/smtp"."""
    return re.sub(r"-\d+\.\d+\.\d+\.\d+/", "/", unit).lstrip("/")


def failures(expect, got):
    """The names of an expectation that a parsed line does not meet."""
    bad = []
    fields = got.get("fields", {})
    for name, want in expect.items():
        if name in NOT_KEPT:
            continue
        if name in FIELD:
            ok = same(name, want, FIELD[name], fields)
        elif name == "program":
            ok = program_name(got.get("unit", "")) == want or want == ""
        elif name == "host":
            ok = got.get("host") == want
        elif name == "pid":
            ok = str(got.get("pid")) == str(want)
        elif name == "time_local":
            want = re.sub(r"-(\d)T", r"-0\1T", want.replace(" ", "T"))
            ok = got.get("at", "")[:19] == want
        elif name == "relay_path":
            ok = "[" + want + "]" in fields.get("relay", "")
        elif name == "event":
            ok = got.get("kind") in KIND.get(want, {want})
        else:
            ok = False
        if not ok:
            bad.append(name)
    return bad


def peer_error(source, row):
    """Is it left out?  Of a whole log only some of the names may be."""
    if row["kind"] not in ENGINE:
        return (source, row["line"]) in PEER_ERRORS
    for name in list(row["expect"]):
        if any((source, where, name) in PEER_WHOLE
               for where in (row.get("case"), row["file"])):
            del row["expect"][name]
    return not row["expect"]


class Tally:
    """What is known of a source: held and failed, by kind of truth."""

    def __init__(self):
        self.held = collections.Counter()
        self.failed = collections.Counter()
        self.peer = 0


class Engine:
    """Groups of lines that went through the engine, each once."""

    def __init__(self, program):
        self.program = program
        self.known = {}

    def failures(self, path, row):
        key = path, tuple(row.get("lines") or ())
        if key not in self.known:
            data = engine.cut(path, key[1])
            self.known[key] = (engine.events_of(data), parse(
                self.program, data, int(time.time()), False))
        return ENGINE[row["kind"]](row["expect"], *self.known[key])


def held_line(program, path, source, row, parsed):
    """The names that a line does not meet, and what it gave."""
    expect = dict(row["expect"])
    now = expect.pop("now", NOW.get(source, "2026-09-01 00:00:00"))
    if (path, now) not in parsed:
        with open(path, "rb") as f:
            parsed[path, now] = parse(program, f.read(), seconds(now))
    got = parsed[path, now][row["line"] - 1]
    if row["kind"] == "shape" and got.get("kind") in (None, "unknown"):
        return ["shape"], got
    return failures(expect, got), got


def hold(program, base, source, tally, verbose):
    folder = os.path.join(base, source)
    parsed, whole, t = {}, Engine(program), tally[source]
    with open(os.path.join(folder, "expected.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(x) for x in f]
    for row in rows:
        kind, path = row["kind"], os.path.join(folder, row["file"])
        if (row.get("mta") not in MTAS or kind == "fragment" or
                (kind in ENGINE and not row["expect"])):
            continue
        if peer_error(source, row):
            t.peer += 1
            continue
        if kind in ENGINE:
            bad, got = whole.failures(path, row), row.get("case")
        else:
            bad, got = held_line(program, path, source, row, parsed)
        t.failed[kind] += bool(bad)
        t.held[kind] += not bad
        if bad and verbose:
            print(source, row["file"], row.get("lines") or row["line"], bad,
                  row["expect"], got)


def unknown_share(program, base, source):
    n = unknown = 0
    for top, _, names in os.walk(os.path.join(base, source)):
        for name in sorted(names):
            if name.endswith(".log"):
                with open(os.path.join(top, name), "rb") as f:
                    data = f.read()
                for got in parse(program, data,
                                 seconds("2026-09-01 00:00:00"), False):
                    n += 1
                    unknown += got.get("kind") in (None, "unknown")
    return n, unknown


def print_row(name, t, kinds):
    """Held of all, by kind."""
    held, n = t.held.total(), t.held.total() + t.failed.total()
    cells = ["%d/%d" % (t.held[k], t.held[k] + t.failed[k])
             if t.held[k] + t.failed[k] else "" for k in kinds]
    print("%-24s" % name + "".join("%10s" % c for c in cells) +
          "%8s %6d" % ("%.1f%%" % (100 * held / n) if n else "-", t.peer))
    return held / max(1, n)


def main():
    args = sys.argv[1:]
    verbose = "-v" in args
    program = [a for a in args if a != "-v"][0]
    base = os.environ.get("WEIR_CORPORA", "")
    if not os.path.isdir(base):
        print("conformance: skipped, WEIR_CORPORA names no directory")
        return 0
    tally = collections.defaultdict(Tally)
    for source in sorted(os.listdir(base)):
        if os.path.exists(os.path.join(base, source, "expected.jsonl")):
            hold(program, base, source, tally, verbose)
    kinds = "line", "shape", "header", "message", "aggregate"
    print("%-24s" % "source" + "".join("%10s" % k for k in kinds) +
          "%8s %6s" % ("share", "peer's"))
    total = Tally()
    for source, t in sorted(tally.items()):
        if not (t.held or t.failed or t.peer):
            continue
        print_row(source, t, kinds)
        total.held.update(t.held)
        total.failed.update(t.failed)
        total.peer += t.peer
    share = print_row("all", total, kinds)
    print()
    print("%-28s %6s %7s %6s" % ("raw log", "lines", "unknown", "share"))
    lines = unknown = 0
    for source in RAW + SPOILT:
        n, u = unknown_share(program, base, source)
        print("%-28s %6d %7d %5.2f%%%s" % (
            source, n, u, 100 * u / max(1, n),
            "  not counted" if source in SPOILT else ""))
        if source in RAW:
            lines += n
            unknown += u
    print("%-28s %6d %7d %5.2f%%" % ("all", lines, unknown,
                                     100 * unknown / max(1, lines)))
    return 0 if (share >= MUST_HOLD and
                 unknown <= MAX_UNKNOWN * lines) else 1


if __name__ == "__main__":
    sys.exit(main())
