# SPDX-License-Identifier: Apache-2.0
"""Expectations about messages and totals, held against what weir makes of a
log: the events of `weir import`, and, for what only lines tell (a peer that
counts "removed"), the parsed lines.
"""
import json
import os
import quopri
import re
import subprocess
import tempfile

# What weir does not keep of a message: not asserted.
NOT_KEPT = {
    "size_original",    # before the filter: one message has one row
    "msgid_truncated",  # lightmeter's flag
    # TLS towards others and postscreen's own are no relay events
    "smtp.tls_out", "postscreen.connects",
    # pflogsumm's reports: hosts by its own notion of a domain, sizes rounded
    # and by its own idea of whose they are
    "bytes_received", "bytes_delivered", "senders", "sending_hosts_domains",
    "recipient_hosts_domains",
}

EVENT = {
    "from": "sender", "to": "recipient", "status": "status",
    "smtp_code": "code", "reply": "reply", "dsn": "dsn",
    "msgid": "message_id", "size": "size", "nrcpt": "recipient_count",
    "client_name": "client_name", "client_ip": "client_address",
    "relay_host": "relay_host", "relay_ip": "relay_address",
    "relay_port": "relay_port", "subject": "subject", "sasl_user": "sasl_username",
    "sasl_mech": "sasl_method",
}
LOCAL = {"local", "virtual", "lmtp", "pipe", "dovecot", "zarafa", "maildrop"}


def weir(*words):
    done = subprocess.run([os.environ["WEIR"], *map(str, words)], check=True,
                          capture_output=True)
    return done.stdout.decode("utf-8", "replace")


def events_of(data):
    """The events of a log, oldest first."""
    with tempfile.TemporaryDirectory() as tmp:
        log, db, conf = (os.path.join(tmp, n) for n in ("log", "db", "conf"))
        with open(log, "wb") as f:
            f.write(data)
        with open(conf, "w", encoding="utf-8") as f:
            f.write("[weir]\nsubjects = true\n")
        weir("import", "-c", conf, "--db", db, "--timezone", "UTC", "--host", "here", log)
        out = weir("query", "--db", db, "events", "--format", "jsonl",
                   "--limit", 1000000)
    return sorted((json.loads(x) for x in out.splitlines()),
                  key=lambda e: e["seq"])


def final(events):
    """Deliveries, without those to a filter and into another queue id."""
    return [e for e in events if e["kind"] == "delivery" and
            e.get("status") not in ("filtered", "forwarded")]


def plain(address):
    return (address or "").replace('"', "").lower()


def mailbox(address):
    """As pflogsumm counts it: only the domain's case is folded."""
    local, at, domain = (address or "").rpartition("@")
    return local + at + domain.lower()


def decoded(text):
    """As people read it: Postfix puts ? for a line's end and cuts it."""
    words = re.findall(r"=\?utf-8\?q\?([^? ]*)", text, re.I)
    if not words:
        return text
    data = re.sub(r"=.?$", "", "".join(words)).replace("_", " ")
    return quopri.decodestring(data).decode("utf-8", "ignore")


def same_time(want, got):
    """The year is the importer's: stamps of these logs have none."""
    return want[5:19].replace(" ", "T") == got[5:19]


def meets(e, name, want, lines):
    """Does an event say this of its delivery?"""
    if name == "to" and isinstance(want, list):
        return plain(e.get("recipient")) in map(plain, want)
    if name in ("from", "to"):
        return plain(e.get(EVENT[name])) == plain(want)
    if name == "reply":
        got = e.get("reply", "")
        return want in got or (got != "" and got in want)
    if name == "subject":
        got = decoded(e.get("subject", ""))
        return got == want or (want.endswith("...") and
                               got.startswith(want[:-3]))
    if name in EVENT:
        return str(e.get(EVENT[name], "")) == str(want)
    if name == "delay":
        return e.get("delay") == float(want)
    if name == "qid":
        return want in (e.get("queue_id"), e.get("origin_queue_id"))
    if name == "parent_qid":
        return want in (e.get("cause_queue_id"), e.get("origin_queue_id"))
    if name == "dsn_qid":
        return any(x.get("kind") == "notification" and
                   x["fields"].get("next_queue_id") == want and
                   x["fields"].get("queue_id") == e.get("queue_id")
                   for x in lines)
    if name in ("time", "expired_time"):
        return same_time(want, e["time"])
    if name == "direction":
        return (e.get("transport") in LOCAL) == (want == "inbound")
    if name in ("to_domain", "from_domain"):
        return plain(e.get(EVENT[name.split("_", maxsplit=1)[0]])).endswith(
            "@" + want.lower())
    if name == "remote_id":
        return want in e.get("reply", "")
    return False


def hold_message(expect, events, lines):
    """The names that the nearest delivery does not meet."""
    names = {n: w for n, w in expect.items() if n not in NOT_KEPT}
    best = sorted(names)
    for e in final(events):
        bad = [n for n, w in names.items() if not meets(e, n, w, lines)]
        if len(bad) < len(best):
            best = bad
    return best


def count(items, **want):
    return sum(x.get("repeat", 1) for x in items
               if all(x.get(k) == v for k, v in want.items()))


def of_lines(lines, *kinds):
    return [x for x in lines if x.get("kind") in kinds]


def totals(events, lines):
    deliveries = [e for e in events if e["kind"] == "delivery"]
    rejects = [e for e in events if e["kind"] == "reject"]
    removed = of_lines(lines, "removed")
    deferred = [e for e in deliveries if e.get("status") == "deferred"]
    handled = [e for e in deliveries
               if e.get("status") in ("sent", "filtered")]
    actions = of_lines(lines, "action", "subject")
    for x in lines:
        x["told"] = x.get("service") != "postscreen" and \
            not x.get("text", "").startswith("warning: ")
    return {
        "delivery_events": len(final(events)),
        "finished_messages": len({
            x["fields"]["queue_id"] for x in removed} & {
            e["queue_id"] for e in deliveries}),
        "qmgr.removed": len(removed),
        "qmgr.removed[instance postfix]": count(removed, instance="postfix"),
        "qmgr.expired": len(of_lines(lines, "expired")),
        "smtpd.auth_failures": count(events, kind="auth", status="failed"),
        "smtpd.messages": len(of_lines(lines, "client")),
        "smtpd.connects[instance postfix]": count(
            of_lines(lines, "connect"), instance="postfix", service="smtpd"),
        "smtpd.rejects.450": count(rejects, code=450),
        "cleanup.messages": len(of_lines(lines, "message_id")),
        "smtp.sent": count(deliveries, transport="smtp", status="sent"),
        "smtp.deferred": count(deliveries, transport="smtp",
                               status="deferred"),
        "smtp.bounced": count(deliveries, transport="smtp",
                              status="bounced"),
        "bounce.notifications": len(of_lines(lines, "notification")),
        "virtual.delivered": count(deliveries, transport="virtual",
                                   status="sent"),
        "received": len(of_lines(lines, "client", "proxy_client", "pickup")),
        "delivered": len(handled),
        "forwarded": count(deliveries, status="forwarded"),
        "deferred": len({e["queue_id"] for e in deferred}),
        "deferrals": len(deferred),
        "bounced": count(deliveries, status="bounced"),
        # pflogsumm: without postscreen's and without smtpd's warnings
        "rejected": count(of_lines(lines, "reject"), told=True),
        "reject_warnings": sum(
            1 for x in actions if x["fields"].get("action") == "warn" and
            "reject_warning" in x.get("text", "")),
        "held": count(deliveries, status="held"),
        "discarded": count(deliveries, status="discarded"),
        "recipients": len({mailbox(e.get("recipient")) for e in handled}),
    }


def hold_aggregate(expect, events, lines):
    got = totals(events, lines)
    return ["%s=%s" % (n, got.get(n)) for n, want in expect.items()
            if n not in NOT_KEPT and got.get(n) != want]


def cut(path, numbers):
    """The lines of a file by number; all when there are none."""
    with open(path, "rb") as f:
        data = f.read()
    if not numbers:
        return data
    lines = re.split(rb"\n", data)
    return b"".join(lines[n - 1] + b"\n" for n in numbers)
