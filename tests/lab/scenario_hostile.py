# SPDX-License-Identifier: Apache-2.0
"""Clients, users and remote servers that write log lines."""
from scenarios import scenario
from scenario_basic import HOLE, NAMED, OUT4, OUT6, SUBMIT
from scenario_filter import OPEN, REENTRY, SCAN
from scenario_forward import configuration

HELOS = [
    "x,_sasl_username=admin",
    "client=localhost[127.0.0.1]",
    "x>, sasl_method=PLAIN, sasl_username=admin",
    "a.example> proto=ESMTP helo=<b.example",
    "[127.0.0.1]",
    "mx1.example.org",
    "status=sent",
    "x; from=<a@example.org> to=<b@example.org> proto=SMTP helo=<y",
    "h\u00e9\u00fc.example",
    "%s%n%x",
    "x" * 300 + ".example",
]

SENDERS = [
    '"a> to=<victim"@far.example',
    '"a client=localhost[127.0.0.1], sasl_username=admin"@far.example',
    '"x>, size=1, nrcpt=1 (queue active)"@far.example',
    '"a> proto=ESMTP helo=<b"@far.example',
    "a,b=c@far.example",
    "prvs=1234=alice@example.org",
    "SRS0=HHH=TT=far.example=alice@example.org",
    "x=%d=%s@far.example",
]

RECIPIENTS = [
    '"v> orig_to=<info@example.org"@far.example',
    '"v>, relay=local, status=sent (x"@far.example',
    "v,orig_to=a=example.org@far.example",
    "'v'@far.example",
    '"v with blanks"@far.example',
    "v=info=example.org@far.example",
]

TWICE = '"alice> to=<v@far.example"@example.org'
LOCAL_RECIPIENTS = [
    '"alice>, orig_to=<x"@example.org',
    TWICE,
    '"<script>"@example.org',
    "ghost,status=sent@example.org",
]

# What follows the unique part of the Message-ID.
IDS = [
    "> client=localhost[127.0.0.1], sasl_username=admin",
    ">, from=<alice@example.org>, size=1, nrcpt=1 (queue active)",
    "> to=<v@far.example>, relay=local, status=sent (forwarded as 4ZZ)",
    " no angle, end",
    "> removed",
    ">\t[127.0.0.1]: sasl_username=admin",
    " ; message-id=<other@far.example>",
]

LOGINS = [
    "carol, sasl_method=PLAIN, sasl_username=admin",
    "x], sasl_username=alice",
    "carol sasl_sender=admin@example.org",
    "client=localhost[127.0.0.1]",
    "d\u00f6rte",
]


def ids(lab, tail):
    return lab.message_id().rstrip(">") + tail


def trouble(lab, sources, user=None, port=25):
    """Every hostile text once from each source."""
    sent = {"user": user, "port": port}
    for i, source in enumerate(sources):
        for n, helo in enumerate(HELOS):
            lab.send(source, "x@spam.example", "h%d.%d@far.example" % (n, i),
                     helo=helo, **sent)
        for n, sender in enumerate(SENDERS):
            lab.send(source, sender, ["s%d.%d@far.example" % (n, i),
                                      "alice@example.org"], **sent)
        for rcpt in RECIPIENTS:
            lab.send(source, "x@spam.example", rcpt, **sent)
        for tail in IDS:
            lab.send(source, "x@spam.example", "m.%d@far.example" % i,
                     mid=ids(lab, tail), **sent)
        for n in range(8):
            lab.send(source, "x@spam.example",
                     ["evil%d.%d@far.example" % (n, i)], **sent)
            lab.send(source, "y@spam.example",
                     ["evilbad%d.%d@far.example" % (n, i)], **sent)
            lab.send(source, "z@spam.example",
                     ["evillater%d.%d@far.example" % (n, i)], **sent)
        for rcpt in LOCAL_RECIPIENTS:
            lab.send(source, "x@spam.example", rcpt, finals={
                TWICE: [('"alice> to=<v"@far.example', None)]}, **sent)


def settle_later(lab):
    lab.idle()
    lab.accept_later()
    for instance in lab.instances:
        instance.flush()
    lab.idle(deferred_too=True)


@scenario("iso")
def hostile_relay(lab):
    """Open relaying by clients whose every word imitates a log line."""
    lab.postfix(main=dict(HOLE, smtputf8_enable="no"), maps=OPEN)
    trouble(lab, [OUT4[3], OUT6[3]])
    settle_later(lab)


@scenario("trad")
def hostile_sound(lab):
    """The same against a sound host: refusals, and trusted clients'
    traffic that must not become an open relay."""
    lab.postfix(main={"smtputf8_enable": "no"})
    trouble(lab, [NAMED[4], "10.20.0.59"])
    settle_later(lab)


@scenario("iso")
def hostile_logins(lab):
    """SASL user names that imitate log fields, good and bad passwords; and
    outsiders whose HELO names such a user."""
    lab.dovecot(LOGINS + ["carol"])
    lab.postfix(ports=SUBMIT, main=dict(HOLE, smtputf8_enable="no"),
                maps=OPEN)
    for i, login in enumerate(LOGINS + ["carol"]):
        for port in (587, 465):
            lab.send(NAMED[i], "carol@example.org",
                     ["friend@far.example", "alice@example.org"], user=login,
                     port=port)
        for mechanism in ("PLAIN", "LOGIN"):
            with lab.connect(OUT4[i], 587) as client:
                client.auth(login, "wrong", mechanism)
        lab.send(OUT6[i], "carol@example.org", "v%d@far.example" % i,
                 helo="x,_sasl_username=carol")


@scenario("trad")
def hostile_filtered(lab):
    """Hostile texts through a content filter on an open relay."""
    conf = configuration(lab, content_filter="scan:[127.0.0.1]:10024",
                         smtputf8_enable="no", **HOLE)
    conf["maps"].update(OPEN)
    lab.helper("filter.py", 10024, 10025)
    lab.postfix(master=SCAN + REENTRY % "no_address_mappings", **conf)
    trouble(lab, [OUT4[5]])
    trouble(lab, ["10.20.0.59"])
    settle_later(lab)
