# SPDX-License-Identifier: Apache-2.0
"""Compare what weir made of a log with the truth.

	judge.py [--weir PROGRAM] STORY...

STORY is tests/stories/NAME (or NAME.want), or a directory with truth.jsonl,
weir.conf and logs.  Needs no lab and no root.  Prints the differences.
"""
import collections
import gzip
import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from truth import bare_id, key

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
WEIR = pathlib.Path(os.environ.get("WEIR", REPO / "build/weir"))


def load(path):
    if not path.exists():
        path = path.with_name(path.name + ".gz")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as f:
        return [json.loads(line) for line in f]


class Weir:
    """weir's commands on one database."""

    def __init__(self, program, conf, db):
        self.program, self.conf, self.db = str(program), conf, db

    def run(self, *argv, stdin=None):
        done = subprocess.run([self.program, *map(str, argv)], stdin=stdin,
                              capture_output=True, timeout=600)
        if done.returncode:
            raise RuntimeError("weir %s: status %d: %s" % (
                argv[0], done.returncode,
                done.stderr.decode(errors="replace")[-500:]))
        return done.stdout.decode("utf-8", "surrogateescape")

    def imports(self, *paths):
        return self.run("import", "-c", self.conf, "--db", self.db, *paths)

    def lines(self, *argv):
        return self.run(*argv).splitlines()

    def events(self, kinds="delivery,reject"):
        return [json.loads(line) for line in self.lines(
            "query", "--db", self.db, "events", "--kind", kinds,
            "--format", "jsonl", "--limit", "10000000")]

    def alerts(self):
        return [json.loads(line) for line in self.lines(
            "alerts", "--db", self.db, "list", "--format", "jsonl")]


def network(address):
    if "/" in address:
        return address
    width = 64 if ":" in address else 24
    return str(ipaddress.ip_network("%s/%d" % (address, width), False))


KNOWN = ("open-relay", "address-collapse", "compromised-account")
STOLEN = "the account is stolen"
PROBE, PROBE_NETWORK = 8, 10


def keys_of(alerts, detector, key_type=None):
    """Keys of a detector's alerts, and what is related to them."""
    return {k["key"] for a in alerts if a["detector"] == detector
            for k in [a] + a.get("related", [])
            if key_type in (None, k["key_type"])}


def hidden(truth):
    """Addresses that strangers relayed through."""
    return {p["client_address"] for p in truth
            if p["class"] == "open_relay" and p["status"] != "rejected"
            and "authorised_relay" in p.get("accept", ())}


def relayed(truth):
    """Networks of strangers that relayed and could be seen."""
    return {network(p["client_address"]) for p in truth
            if p["class"] == "open_relay" and p["status"] != "rejected"
            and "authorised_relay" not in p.get("accept", ())}


def probes(truth):
    """Clients and networks whose attempts to relay were refused, so many
    that it has to be told."""
    clients, networks = collections.Counter(), collections.Counter()
    for p in truth:
        if p["class"] == "relay_denied":
            clients[p["client_address"]] += 1
            networks[network(p["client_address"])] += 1
    found = {k for k, n in clients.items() if n >= PROBE}
    inside = {network(k) for k in found}
    return found | {k for k, n in networks.items()
                    if n >= PROBE_NETWORK and k not in inside}


def allowed(pair):
    return {pair["class"], *pair.get("accept", ())}


def same(got, want):
    """A field agrees, as far as both sides know it (ASCII only: Postfix
    logs "?" for the rest)."""
    if not got or not want or not want.isascii():
        return True
    return key(str(got)) == key(str(want))


class Verdict:
    def __init__(self):
        self.pairs = 0
        self.faults = []
        self.unknown = self.excused = 0

    def fault(self, what, thing):
        self.faults.append("%s: %s" % (what, json.dumps(thing)[:600]))


class Judge:
    def __init__(self, truth, events, alerts, quiet=False):
        self.truth, self.alerts, self.quiet = truth, alerts, quiet
        self.verdict = Verdict()
        self.rejects = [e for e in events if e["kind"] == "reject"]
        self.deliveries = [
            e for e in events if e["kind"] == "delivery"
            and e.get("status") not in ("filtered", "forwarded")]
        self.used = set()

    def run(self):
        self.verdict.pairs = len(self.truth)
        self.verdict.unknown = sum(
            e.get("class") == "unknown"
            for e in self.deliveries + self.rejects)
        self.judge_deliveries()
        self.judge_rejects()
        self.judge_rest()
        self.judge_alerts()
        return self.verdict

    # -- deliveries -------------------------------------------------------

    def judge_deliveries(self):
        index = collections.defaultdict(list)
        for e in self.deliveries:
            rcpt = key(e.get("recipient") or "")
            names = {("id", bare_id(e.get("message_id"))),
                     ("queue", e.get("queue_id")),
                     ("queue", e.get("origin_queue_id"))}
            for name in names:
                if name[1]:
                    index[name, rcpt].append(e)
            if not e.get("sender"):
                index[("null", ""), rcpt].append(e)
        for pair in self.truth:
            if pair["status"] != "rejected":
                self.judge_pair(pair, index)

    def judge_pair(self, pair, index):
        rcpt = key(pair["final_recipient"])
        found = []
        for name in (("id", bare_id(pair.get("message_id"))),
                     ("queue", pair.get("queue_id"))):
            found = found or (name[1] and index.get((name, rcpt))) or []
        if not found and not pair.get("message_id"):
            found = index.get((("null", ""), rcpt), [])
        if not found:
            if pair["status"] not in ("held", "discarded"):
                self.verdict.fault("missed", pair)
            return
        self.used.update(e["id"] for e in found)
        for e in found:
            if e.get("class") not in allowed(pair):
                self.verdict.fault("class", {"got": e, "want": pair})
                return
            self.verdict.excused += e.get("class") != pair["class"]
            for name in ("client_address", "sasl_username", "sender"):
                # A list with an owner sends in the owner's name.
                if name == "sender" and (e.get(name) or "").startswith(
                        "owner-"):
                    continue
                if not same(e.get(name), pair.get(name)):
                    self.verdict.fault(name, {"got": e, "want": pair})
                    return
        done = [e for e in found if e.get("status") != "deferred"]
        last = max(found, key=lambda e: (e["time"], e.get("seq", 0)))
        if last.get("status") != pair["status"]:
            self.verdict.fault("status", {"got": last, "want": pair})
        if len(done) > 1:
            self.verdict.fault("counted %d times" % len(done),
                               {"got": done[1], "want": pair})

    # -- refusals ---------------------------------------------------------

    def judge_rejects(self):
        want = collections.defaultdict(list)
        for pair in self.truth:
            if pair["status"] == "rejected":
                want[pair["client_address"]].append(pair)
        # The surest first: an event that leaves a field empty must not
        # take the pair of one that does not.
        left = [e for e in self.rejects for _ in range(e.get("repeat") or 1)]
        for fields in (2, 1, 0):
            left = [e for e in left if not self.match_reject(
                e, want.get(e.get("client_address"), []), fields)]
        for pair in (p for pairs in want.values() for p in pairs):
            self.verdict.fault("missed", pair)

    def match_reject(self, e, pairs, fields):
        for pair in pairs:
            if self.agreeing(e, pair) < fields:
                continue
            pairs.remove(pair)
            self.used.add(e["id"])
            if e.get("class") not in allowed(pair):
                self.verdict.fault("class", {"got": e, "want": pair})
            return True
        return False

    @staticmethod
    def agreeing(e, pair):
        """How many fields agree; -1 if one does not."""
        names = ("sender", "recipient", "sasl_username")
        if not all(same(e.get(n), pair.get(n)) for n in names):
            return -1
        return sum(e.get(n) is not None and key(e[n]) == key(pair[n])
                   if pair.get(n) is not None else n not in e
                   for n in names[:2])

    # -- what nobody did --------------------------------------------------

    def judge_rest(self):
        for e in self.deliveries + self.rejects:
            if e["id"] not in self.used:
                self.verdict.fault("invented", e)

    def judge_alerts(self):
        want = relayed(self.truth)
        got = keys_of(self.alerts, "open-relay", "client_network")
        for net in sorted(want - got):
            self.verdict.fault("no alert", net)
        for net in sorted(got - want):
            self.verdict.fault("false alert", net)
        want = hidden(self.truth)
        got = {a["key"] for a in self.alerts if a["severity"] == "critical"
               and a["detector"] == "address-collapse"}
        for key in sorted(want ^ got):
            self.verdict.fault("a hidden client", key)
        got |= keys_of(self.alerts, "relay-probe")
        for key in sorted(probes(self.truth) - got):
            if network(key) not in relayed(self.truth):
                self.verdict.fault("a probe without an alert", key)
        self.judge_logins()
        for alert in self.alerts:
            if alert["severity"] != "info" and (
                    self.quiet or alert["detector"] not in KNOWN):
                self.verdict.fault("an alert where nothing is", alert)

    def judge_logins(self):
        """Stolen accounts, as the truth's notes say."""
        want = {p["sasl_username"] for p in self.truth
                if p.get("note") == STOLEN}
        got = keys_of(self.alerts, "compromised-account", "sasl_username")
        for user in sorted(want ^ got):
            self.verdict.fault("a stolen account", user)


def judge(weir, truth, logs, conf):
    """Import LOGS into a new database and compare with TRUTH."""
    with open(conf, encoding="utf-8") as f:
        quiet = "nothing to raise" in f.readline()
    with tempfile.TemporaryDirectory(prefix="weir-judge-") as tmp:
        db = Weir(weir, conf, pathlib.Path(tmp, "db"))
        db.imports(*logs)
        return Judge(truth, db.events(), db.alerts(), quiet).run()


def report(name, verdict, limit=5):
    line = "%-28s %5d pairs, %d faults" % (name, verdict.pairs,
                                           len(verdict.faults))
    if verdict.unknown:
        line += ", %d unknown" % verdict.unknown
    print(line)
    for fault in verdict.faults[:limit]:
        print("    " + fault)
    sys.stdout.flush()
    return not verdict.faults


def main():
    args, weir = sys.argv[1:], WEIR
    if args[:1] == ["--weir"]:
        weir, args = args[1], args[2:]
    bad = 0
    for arg in args:
        path = pathlib.Path(arg)
        if path.is_dir():
            for form in ("trad.log", "iso.log", "p23.log", "journal"):
                verdict = judge(weir, load(path / "truth.jsonl"),
                                [path / form], path / "weir.conf")
                bad += not report("%s/%s" % (path.name, form), verdict)
            continue
        base = path.with_name(path.name.removesuffix(".gz")
                              .removesuffix(".want").removesuffix(".log"))
        log = base.with_name(base.name + ".log")
        log = log if log.exists() else log.with_name(log.name + ".gz")
        verdict = judge(weir, load(base.with_name(base.name + ".want")),
                        [log], base.with_name(base.name + ".conf"))
        bad += not report(base.name, verdict)
    print("%d passed, %d failed" % (len(args) - min(bad, len(args)), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
