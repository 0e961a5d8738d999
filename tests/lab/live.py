# SPDX-License-Identifier: Apache-2.0
"""How long from a log line to its alert, while the host is busy.

For each source (journal, file) 500 strangers relay, each from a network of
its own, half of them directly and half through a content filter, under 200
lines a second of normal traffic.  The clock starts at the stamp of the line
that tells (the delivery; through the filter the later of the delivery and
"queued as") and stops when the alert is in an answer of GET /api/v1/alerts,
and when the webhook is on the receiver's socket.

Networks that use one hole are one alert.  So that there are many, somebody
resolves each alert as soon as it is seen: the next stranger opens another.  Over
HTTP each network has to appear, as key or related; the webhook has to tell at
least a quarter of them, those that opened one.
"""
import http.client
import json
import re
import subprocess
import sys
import threading
import time

from daemon import HTTP, Daemon
from judge import WEIR, network
from scenario_basic import HOLE
from scenario_filter import REENTRY, SCAN
from world import HERE, run

RELAYS, SECONDS, MESSAGES = 500, 50, 29
LIMIT = 1.0

FILTERED = """
26 inet n - n - - smtpd
  -o content_filter=scan:[127.0.0.1]:10024
"""


def mail_host(lab):
    """An open relay: port 25 direct, port 26 through the filter."""
    lab.helper("filter.py", 10024, 10025)
    lab.postfix(ports=(25, 26), main=HOLE,
                master=SCAN + REENTRY % "no_address_mappings" + FILTERED,
                maps={"hole": "198.18.0.0/15 OK\n2001:db8:bad::/48 OK\n"})


def load(out, seconds, messages, relays, ports="25,26", quiet=0):
    return subprocess.Popen(
        [sys.executable, HERE / "load.py", out, str(seconds), str(messages),
         str(relays), ports, str(quiet)])


class Watcher(threading.Thread):
    """Asks for the newest alerts all the time; notes each network's first
    appearance, and resolves."""

    def __init__(self, weir, step=0.01):
        super().__init__(daemon=True)
        self.seen, self.step, self.ended = {}, step, threading.Event()
        self.weir, self.resolved = weir, set()

    def run(self):
        conn = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=10)
        while not self.ended.is_set():
            conn.request("GET", "/api/v1/alerts?limit=20")
            items = json.loads(conn.getresponse().read())["items"]
            now = time.time()
            for item in items:
                if item["detector"] != "open-relay":
                    continue
                for k in [item] + item.get("related", []):
                    if k["key_type"] == "client_network":
                        self.seen.setdefault(k["key"], now)
                if item["id"] not in self.resolved:
                    self.resolved.add(item["id"])
                    resolve(self.weir, item["id"])
            time.sleep(self.step)


def resolve(weir, ident):
    """True if the daemon took it."""
    return subprocess.run(
        [WEIR, "alerts", "resolve", ident, "-c", weir.conf],
        capture_output=True, timeout=30).returncode == 0


def journal_stamps(lab):
    """[(stamp, text)] of Postfix's lines, as journald took them."""
    out = run("journalctl", "-a", "-o", "json", "--no-pager",
              "--output-fields=MESSAGE,_SOURCE_REALTIME_TIMESTAMP",
              "SYSLOG_FACILITY=2")
    for line in out.splitlines():
        entry = json.loads(line)
        at = entry.get("_SOURCE_REALTIME_TIMESTAMP",
                       entry["__REALTIME_TIMESTAMP"])
        yield int(at) / 1e6, entry.get("MESSAGE") or ""


def file_stamps(lab):
    """The same of the file; rsyslog stamps with microseconds."""
    from datetime import datetime
    with open(lab.logs.path("iso"), encoding="utf-8",
              errors="replace") as f:
        for line in f:
            stamp, _, rest = line.partition(" ")
            yield (datetime.fromisoformat(stamp).timestamp(),
                   rest.split(": ", 1)[-1])


def telling_lines(stamps):
    """{message id: when the last line was written that is needed to know
    that the message was relayed}."""
    ids, told = {}, {}
    for at, text in stamps:
        found = re.match(r"(\w+): message-id=(<relay\.\d+@.*>)", text)
        if found:
            ids[found[1]] = found[2]
        found = re.match(r"(\w+): to=<.*status=", text)
        if found and found[1] in ids:
            mid = ids[found[1]]
            told[mid] = max(told.get(mid, 0), at)
    return told


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def figures(what, delays):
    return "%-26s n=%d p50=%.0f ms p99=%.0f ms max=%.0f ms" % (
        what, len(delays), 1e3 * quantile(delays, 0.5),
        1e3 * quantile(delays, 0.99), 1e3 * max(delays))


def measure(lab, check, source):
    mail_host(lab)
    where = source if source == "journal" else lab.logs.path("iso")
    weir = Daemon(lab.directory, where)
    watcher = Watcher(weir)
    sent_path = lab.directory / "sent.jsonl"
    try:
        weir.receiver()
        weir.start()
        time.sleep(1)
        watcher.start()
        load(sent_path, SECONDS, MESSAGES, RELAYS).wait(SECONDS + 60)
        end = time.monotonic() + 15
        while len(watcher.seen) < RELAYS and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)
        watcher.ended.set()
        watcher.join(10)
        lab.logs.flush()
        hooks = {h["opener"]: h["at"] for h in reversed(weir.hooks())
                 if h["good"] and h["type"] == "alert.opened"}
        check("%s: every signature is right" % source,
              all(h["good"] for h in weir.hooks()))
    finally:
        weir.end()
    stamps = list((journal_stamps if source == "journal" else
                   file_stamps)(lab))
    told = telling_lines(stamps)
    with open(sent_path) as f:
        sent = [json.loads(line) for line in f]
    print("%s: %.0f lines a second" % (source, len(stamps) / SECONDS))
    compare(check, source, sent, told, watcher.seen, hooks)


def compare(check, source, sent, told, seen, hooks):
    for port, way in ((25, "direct"), (26, "filter")):
        relays = [s for s in sent if s["kind"] == "relay"
                  and s["port"] == port and s["code"] == 250]
        check("%s, %s: %d relays were taken" % (source, way, len(relays)),
              len(relays) == RELAYS // 2)
        for name, got in (("http", seen), ("webhook", hooks)):
            delays = [got[network(s["client_address"])] -
                      told[s["message_id"]] for s in relays
                      if network(s["client_address"]) in got]
            what = "%s, %s, %s" % (source, way, name)
            check("%s: alerts arrived (%d of %d)" % (
                what, len(delays), len(relays)), len(delays) >= (
                    len(relays) if name == "http" else len(relays) / 4))
            if delays:
                text = figures(what, delays)
                print("  " + text)
                check("%s: p99 below %g s" % (what, LIMIT),
                      quantile(delays, 0.99) < LIMIT)
    strangers = {network(s["client_address"]) for s in sent
                 if s["kind"] == "relay"}
    check("%s: no alert without a relay" % source,
          not set(seen) - strangers)
