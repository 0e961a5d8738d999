# SPDX-License-Identifier: Apache-2.0
"""What really happened to every message-recipient pair.

Built from what the clients sent and were answered, and from what reached the
sink and the mailboxes.  The log is never looked at.

One pair is one JSON object; see tests/stories/README.md for the fields.
"""
import json
import os
import re

LOCAL = {"example.org", "mx1.example.org", "choir.example", "alias.example",
         "localhost"}
RELAY = {"backup.example.net"}


def domain(address):
    return address.rpartition("@")[2].lower() if "@" in address else ""


def routed(address):
    """The recipient has a second address in its local part."""
    local = address.rpartition("@")[0] or address
    return bool(re.search(r"[%!@]", local))


class Pair(dict):
    """One line of truth."""

    ORDER = ("scenario", "message_id", "queue_id", "client_address",
             "sasl_username", "local_user", "sender", "recipient",
             "final_recipient", "class", "status", "reply_code", "accept",
             "note")

    def line(self):
        out = {k: self[k] for k in self.ORDER if self.get(k) is not None}
        return json.dumps(out, ensure_ascii=True)


class Truth:
    def __init__(self, scenario):
        self.scenario = scenario
        self.local = set(LOCAL)
        self.relay = set(RELAY)
        self.pairs = []
        self.ids = set()
        self.forgotten = set()

    def default_class(self, rcpt, client, user, local_user):
        dom = domain(rcpt)
        if (dom in self.local or not dom) and not routed(rcpt):
            return "inbound"
        if dom in self.relay and not routed(rcpt):
            return "relay_domain"
        if user:
            return "authenticated_relay"
        if local_user:
            return "local_submission"
        if client.startswith(("10.20.0.", "127.")) or client == "::1":
            return "authorised_relay"
        return "open_relay"

    def forget(self, message_id):
        """Message-IDs that belong to no pair by intention."""
        self.forgotten.add(message_id)

    def add(self, **fields):
        pair = Pair(scenario=self.scenario, **fields)
        self.pairs.append(pair)
        if pair.get("message_id") is not None:
            self.ids.add(pair["message_id"])
        return pair

    def refused(self, client, user, sender, rcpt, code, text, cls=None):
        if cls is None:
            cls = "relay_denied" if "Relay access denied" in text \
                else "rejected"
        return self.add(client_address=client, sasl_username=user,
                        sender=sender, recipient=rcpt, status="rejected",
                        reply_code=code, **{"class": cls})

    # -- the other end ----------------------------------------------------

    def settle(self, sink, mail):
        """Fill in each pair's status from what arrived where.

        SINK and MAIL are lists of records with recipient, sender and
        message_id (code too, for the sink).
        """
        arrived = {(r["message_id"], key(r["recipient"]))
                   for r in sink + mail if r.get("code", 250) == 250}
        answers = {}
        for r in sink:
            if r["code"] != 250:
                answers.setdefault((r["sender"], key(r["recipient"])),
                                   []).append(r["code"])
        returned = {i for r in sink + mail if not r["sender"]
                    for i in r.get("quoted", ())}
        lost = []
        for p in self.pairs:
            if p.get("status"):
                continue
            final = key(p["final_recipient"])
            codes = answers.get((p["sender"], final), [])
            if (p["message_id"], final) in arrived:
                p["status"] = "sent"
            elif any(c >= 500 for c in codes):
                p["status"] = "bounced"
            elif codes and p["message_id"] in returned:
                p["status"] = "expired"
            elif codes:
                p["status"] = "deferred"
            else:
                lost.append(p)
        if lost:
            raise RuntimeError("%d pairs came out nowhere, the first: %s"
                               % (len(lost), lost[0].line()))
        self._made_by_the_mta(sink + mail)

    def _made_by_the_mta(self, records):
        """Bounces and other notices: nobody's Message-ID, null sender."""
        known = {(p["sender"], key(p["final_recipient"]))
                 for p in self.pairs if p.get("final_recipient")}
        undeliverable = set()
        for r in records:
            mid = r.get("message_id")
            if mid in self.ids or mid in self.forgotten:
                continue
            if r.get("alias"):
                continue
            if mid is None and (r["sender"],
                                key(r["recipient"])) in known:
                continue
            if r["sender"]:
                raise RuntimeError("nobody sent this: %r" % r)
            status = "sent"
            if mid is None:
                status = "bounced" if r["code"] >= 500 else "deferred"
                if r["recipient"] in undeliverable:
                    continue
                undeliverable.add(r["recipient"])
            self.pairs.append(Pair(
                scenario=self.scenario, message_id=mid, sender="",
                recipient=r["recipient"], final_recipient=r["recipient"],
                status=status, **{"class": "bounce"}))

    def lines(self):
        return sorted(p.line() for p in self.pairs)


def key(address):
    """Addresses compare without quotes and source route, the domain's case
    folded: Postfix logs one address in several of these ways."""
    bare = re.sub(r'["\\]', "", address)
    bare = re.sub(r"^@[^:@]*:", "", bare)
    local, at, dom = bare.rpartition("@")
    return local + at + dom.lower()


def bare_id(message_id):
    """A Message-ID without its angle brackets, as far as it has them."""
    return (message_id or "").strip().removeprefix("<").removesuffix(">")


def sink_records(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


ID = re.compile(rb"^message-id:[ \t]*(?:\n[ \t]+)?([^\n]*)", re.I | re.M)
FIELD = re.compile(rb"^(return-path|delivered-to):[ \t]*<?([^\n>]*)",
                   re.I | re.M)


def mailbox_records(homes, virtual):
    """Every message in the maildirs below HOMES/USER and VIRTUAL.

    A mailbox answers to the address in Delivered-To, and in HOMES also to
    its user: an alias keeps the first, the log shows the second.
    """
    out = []
    for root in (homes, virtual):
        for where, _, files in os.walk(root):
            if os.path.basename(where) not in ("new", "cur"):
                continue
            for name in files:
                with open(os.path.join(where, name), "rb") as f:
                    out += _mail(f.read(), where, root == homes)
    return out


def _mail(data, where, home):
    head = data.partition(b"\n\n")[0]
    field = {}
    for name, value in FIELD.findall(head):
        field.setdefault(name.decode().lower(), value.decode("latin-1"))
    ids = [i.decode("latin-1").strip() for i in ID.findall(data)]
    record = {"message_id": ids[0] if ids else "", "quoted": ids[1:],
              "sender": field.get("return-path", ""),
              "recipient": field.get("delivered-to", "")}
    if not home:
        return [record]
    owner = where.split(os.sep)[-3] + "@example.org"
    if key(owner) == key(record["recipient"]):
        return [record]
    return [record, dict(record, recipient=owner, alias=True)]
