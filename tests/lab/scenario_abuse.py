# SPDX-License-Identifier: Apache-2.0
"""Abuse that has to be told, and what looks like it."""
import logs
from judge import STOLEN
from scenario_basic import HOLE, NAMED, OUT4, OUT6, ROUTED, SUBMIT, USERS
from scenarios import scenario
from smtp import port_is_open
from world import HOST4
import netns

# The proxy's public address, and what Postfix sees of whoever comes there.
DOOR, PORT, BEHIND = "198.51.100.250", 2525, "10.20.0.65"
MINE = "alice@example.org"


def door_is_open():
    with netns.entered("world"):
        return port_is_open(DOOR, PORT)


def through(lab, source, helo, sender, rcpts, **kw):
    """One message of a stranger, by way of the proxy."""
    with lab.connect(source, PORT, DOOR, helo=helo) as client:
        lab.deliver(client, sender, rcpts, client_address=BEHIND, **kw)


def mail_for_us(lab, n):
    for i in range(n):
        through(lab, OUT4[i], "mail.shop%d.example" % i,
                "news@shop%d.example" % i, MINE)


@scenario("trad")
def container(lab):
    """A container's proxy hides the clients: Postfix sees one address of a
    trusted network, and lets strangers relay that come by there."""
    lab.postfix()
    lab.helper("door.py", DOOR, PORT, BEHIND, HOST4)
    logs.wait_for("the proxy", door_is_open)
    mail_for_us(lab, 12)
    for i in range(6):
        through(lab, NAMED[i], "pc%d.pool.example" % i,
                "x%d@far.example" % i, "ghost%d@example.org" % i)
    for i in range(15):
        through(lab, OUT4[20 + i], "host%d.spam.example" % i,
                "x%d@spam.example" % i,
                ["v%d@far.example" % i, "w%d@big.example" % i],
                classes="open_relay", accept=["authorised_relay", "unknown"],
                note="the client is hidden by a proxy")
    lab.send("10.20.0.52", MINE, "friend@far.example")


@scenario("iso")
def gateway(lab):
    """A gateway in front hands in mail for our domains, and an archive gets
    a copy of each; a server inside sends for foreign customers; nothing to
    raise."""
    lab.postfix(main={"always_bcc": "archive@vault.example"})

    def copy(source, sender):
        last = lab.truth.pairs[-1]
        lab.truth.add(
            message_id=last["message_id"], queue_id=last["queue_id"],
            client_address=source, sender=sender,
            final_recipient="archive@vault.example", note="bcc map",
            accept=["authorised_relay", "unknown"], **{"class": "forwarded"})

    for i in range(25):
        sender = "news%d@shop%d.example" % (i, i)
        lab.send(BEHIND, sender, MINE, helo="gateway.example.org")
        copy(BEHIND, sender)
    for i in range(12):
        sender = "shop@customer%d.example" % i
        lab.send("10.20.0.53", sender, "buyer%d@far.example" % i,
                 helo="shop.example.org")
        copy("10.20.0.53", sender)


@scenario("iso")
def probed(lab):
    """One stranger tries every form of a relay test, another from many
    addresses of a network; all are refused."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT)
    for rcpt in ROUTED:
        for sender in ("", "x@spam.example", "alice@example.org"):
            lab.send("198.18.7.7", sender, rcpt)
    for i in range(12):
        lab.send("198.19.9.%d" % (10 + i), "x@spam.example",
                 "v%d@far.example" % i)
        lab.send(NAMED[i], "friend@far.example", MINE)
        lab.send(NAMED[20 + i], MINE, "friend@far.example", user="alice",
                 port=587)
    for source in (OUT4[1], OUT6[1]):
        lab.send(source, "x@spam.example", "v@far.example")


@scenario("p23")
def probed_then_open(lab):
    """A stranger's attempts are refused; then a hole is made, and he comes
    again."""
    lab.postfix()
    for i in range(15):
        lab.send("198.18.7.7", "x%d@spam.example" % i, "v%d@far.example" % i)
    lab.idle()
    lab.instances[0].stop()
    lab.postfix(main=HOLE, maps={"hole": "198.18.0.0/15 OK\n"})
    for i in range(5):
        lab.send("198.18.7.8", "x%d@spam.example" % i, "v%d@far.example" % i)
        lab.send(OUT4[i], "friend@far.example", MINE)


def as_alice(lab, source, sender, rcpts, **kw):
    lab.send(source, sender, rcpts, user="alice", port=587, **kw)


@scenario("trad")
def stolen_account(lab):
    """An account is guessed, tried out with one message, and then used from
    many networks, under foreign senders, for recipients half of whom do not
    exist."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT)
    for i in range(6):
        as_alice(lab, NAMED[10], MINE, "friend%d@far.example" % (i % 3))
        lab.send(NAMED[11], "bob@example.org", "friend@far.example",
                 user="bob@example.org", port=587)
        lab.send(OUT4[i], "friend@far.example", MINE)
    for word in ("alice", "secret", "letmein"):
        with lab.connect("198.18.50.7", 587) as client:
            client.auth("alice", word)
    as_alice(lab, "198.18.50.7", MINE, "drop@far.example", note=STOLEN)
    for i in range(60):
        source = ("198.18.%d.7" % i, "198.19.%d.7" % i, OUT6[i % 50],
                  OUT4[i % 40])[i % 4]
        as_alice(lab, source, "x%d@spam.example" % i,
                 ["v%d@far.example" % i, "bad.w%d@big.example" % i],
                 note=STOLEN)


@scenario("iso")
def busy_account(lab):
    """Somebody who travels and writes to many: nothing to raise."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT)
    for i in range(5):
        as_alice(lab, NAMED[10 + i], MINE,
                 ["friend%d@far.example" % n for n in range(3)])
    for _ in range(2):
        with lab.connect("198.18.50.7", 587) as client:
            client.auth("alice", "old")
    for i in range(3):
        as_alice(lab, "198.18.50.7", MINE, "friend%d@far.example" % i)
    lab.send(NAMED[11], "bob@example.org", "friend@far.example",
             user="bob@example.org", port=587)
