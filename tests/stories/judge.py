#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold weir's events against the truth of a story.

A pair joins by message-id and final recipient, a refusal by client, sender
and recipient.  Every pair of the truth must have an event of its class (or of
one that the truth accepts), and no event may claim a class that the truth
does not know for its pair.
"""
import collections
import gzip
import ipaddress
import json
import re

# What weir is to tell: so many refused attempts within an hour.
PROBE, PROBE_NETWORK = 8, 10
STOLEN = "the account is stolen"


def read_lines(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as f:
        return [json.loads(line) for line in f if line.strip()]


def bare(message_id):
    """Without angle brackets and controls: logs cut and clean them."""
    text = re.sub(r"[\x00-\x1f]", "?", (message_id or "").strip())
    return text.lstrip("<").rstrip(">")


def pair_key(message_id, recipient):
    return bare(message_id), (recipient or "").lower()


def plain(address):
    """An address without quotes and source route: logs clean them."""
    address = (address or "").lower().replace('"', "")
    return address.split(":", 1)[1] if address.startswith("@") and \
        ":" in address else address


def refusal_key(item):
    return (item.get("client_address", ""), plain(item.get("sender")),
            plain(item.get("recipient")))


def refusal_keys(item):
    """From the surest to the vaguest: not every line names both."""
    client, sender, recipient = refusal_key(item)
    return [(client, sender, recipient), (client, sender, ""),
            (client, "", recipient), (client, "", "")]


def judge(truth, events):
    """Mistakes as sentences, and how many pairs were held right."""
    pairs = collections.defaultdict(list)
    refusal_classes = collections.defaultdict(set)
    by_queue_id = collections.defaultdict(list)
    for e in events:
        if e["kind"] == "delivery":
            by_queue_id[e.get("queue_id"),
                        (e.get("recipient") or "").lower()].append(e)
        if e["kind"] == "delivery" and e.get("status") not in (
                "filtered", "forwarded"):
            pairs[pair_key(e.get("message_id"),
                           e.get("recipient"))].append(e)
        elif e["kind"] == "reject":
            refusal_classes[refusal_key(e)].add(e["class"])
    wrong, right = [], 0
    told = set()
    for t in truth:
        accept = [t["class"]] + t.get("accept", [])
        if t["status"] == "rejected":
            got = next((refusal_classes[k] for k in refusal_keys(t)
                        if k in refusal_classes), set())
        else:
            key = pair_key(t.get("message_id"), t["final_recipient"])
            got = {e["class"] for e in pairs.get(key, [])}
            if not got:     # thrown away before its id was logged
                got = {e["class"] for e in by_queue_id.get(
                    (t.get("queue_id"), key[1]), [])
                    if not e.get("message_id")}
            if not t.get("message_id"):     # nobody saw the message
                got = {e["class"] for k, v in pairs.items() for e in v
                       if k[1] == key[1]} & set(accept)
            told.add(("pair", key))
        if got and got <= set(accept):
            right += 1
        else:
            wrong.append("want %s, got %s: %s" % (
                "|".join(accept), ",".join(sorted(got)) or "no event",
                json.dumps({k: t.get(k) for k in (
                    "message_id", "client_address", "sasl_username",
                    "sender", "recipient", "final_recipient")})))
    for key, found in pairs.items():
        if ("pair", key) in told:
            n = sum(1 for e in found if e.get("counted"))
            if n > 1:
                wrong.append("counted %d times: %s" % (n, key))
            continue
        for e in found:
            if e["class"] in ("open_relay", "unknown"):
                wrong.append("invented %s: %s %s" % (
                    e["class"], e.get("queue_id"), key))
    return wrong, right


def network(address):
    if "/" in address:
        return address
    width = 64 if ":" in address else 24
    return str(ipaddress.ip_network("%s/%d" % (address, width), False))


def keys_of(alerts, detector):
    """Keys of a detector's alerts, and what is related to them."""
    return {(k["key_type"], k["key"]) for a in alerts
            if a["detector"] == detector for k in [a] + a.get("related", [])
            if k["key_type"] != "host"}


def probes(truth):
    clients, networks = collections.Counter(), collections.Counter()
    for t in truth:
        if t["class"] == "relay_denied":
            clients[t["client_address"]] += 1
            networks[network(t["client_address"])] += 1
    found = {("client_address", k) for k, n in clients.items() if n >= PROBE}
    inside = {network(k) for _, k in found}
    return found | {("client_network", k) for k, n in networks.items()
                    if n >= PROBE_NETWORK and k not in inside}


def judge_alerts(truth, alerts, quiet):
    """Mistakes as sentences: each open relay, hidden client, stolen account
    and probe has its alert, and nothing else has one (info excepted)."""
    taken = [t for t in truth if t["class"] == "open_relay" and
             t["status"] not in ("rejected", "discarded")]
    want = {
        "open-relay": {("client_network", network(t["client_address"]))
                       for t in taken
                       if "authorised_relay" not in t.get("accept", ())},
        "address-collapse": {("client_address", t["client_address"])
                             for t in taken
                             if "authorised_relay" in t.get("accept", ())},
        "compromised-account": {("sasl_username", t["sasl_username"])
                                for t in truth if t.get("note") == STOLEN},
    }
    grave = [a for a in alerts if a["severity"] != "info"]
    wrong = []
    for detector, keys in want.items():
        got = keys_of(grave, detector)
        wrong += ["no alert: %s %s" % (detector, k) for k in keys - got]
        if not keys:
            wrong += ["false alert: %s %s" % (detector, k) for k in got]
        elif detector == "open-relay":
            wrong += ["false alert: %s %s" % (detector, k)
                      for k in got - keys if k[0] == "client_network"]
    relayed = {k for _, k in want["open-relay"]}
    got = keys_of(alerts, "relay-probe") | keys_of(grave, "address-collapse")
    wrong += ["no alert: relay-probe %s" % k for t, k in sorted(
        probes(truth) - got) if network(k) not in relayed]
    return wrong + ["an alert where nothing is: " + a["title"] for a in grave
                    if quiet or a["detector"] not in want]
