# SPDX-License-Identifier: Apache-2.0
"""Ordinary traffic, open relays, refusals."""
from scenarios import scenario

USERS = ["alice", "bob@example.org", "carol"]
OUT4 = ["198.51.100.%d" % n for n in range(7, 60)]
NAMED = ["203.0.113.%d" % n for n in range(7, 60)]
OUT6 = ["2001:db8:bad:%x::1" % n for n in range(1, 60)]
SUBMIT = (25, 587, 465)


@scenario()
def normal(lab):
    """Every class of normal traffic; nothing to raise."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT)
    for i in range(6):
        for source in (OUT4[i], NAMED[i], OUT6[i]):
            lab.send(source, "friend%d@far.example" % i,
                     ["alice@example.org", "soprano@choir.example"])
            lab.send(source, "shop@news.example", "bob+lists@example.org")
        user = USERS[i % 3]
        lab.send(NAMED[10 + i], "alice@example.org",
                 ["friend@far.example", "other%d@big.example" % i],
                 user=user, port=587)
        lab.send(OUT6[10 + i], "bob@example.org", "friend@far.example",
                 user=user, port=465)
        lab.send(OUT4[10 + i], "bob@example.org",
                 ["carol@example.org", "x@far.example"], user=user, port=587)
        lab.send("10.20.0.%d" % (50 + i), "printer@example.org",
                 ["office@far.example", "alice@example.org"])
        lab.send("127.0.0.1", "app@example.org", "customer@far.example")
        lab.send(OUT4[20 + i], "someone@far.example",
                 "person%d@backup.example.net" % i)
        lab.submit("webapp", None, "customer%d@far.example" % i)
        lab.submit("alice", "alice@example.org",
                   ["friend@far.example", "bob@example.org"])
    lab.send("::1", "app@example.org", "customer@far.example")
    lab.submit("dave", None, "later.one@far.example")
    lab.send(NAMED[30], "", "alice@example.org")
    lab.send(NAMED[31], "friend@far.example", "refuse.it@backup.example.net")
    lab.send("10.20.0.60", "alice@example.org", "bad.user@far.example")
    lab.idle()
    lab.accept_later()
    lab.instances[0].flush()
    lab.idle(deferred_too=True)


HOLE = {"smtpd_relay_restrictions":
        "permit_mynetworks permit_sasl_authenticated "
        "check_client_access cidr:/etc/postfix/hole "
        "reject_unauth_destination"}


@scenario("iso")
def open_relay(lab):
    """An access map that answers OK to outside networks, IPv4 and IPv6."""
    lab.dovecot(USERS)
    lab.postfix(main=HOLE, ports=SUBMIT, maps={
        "hole": "198.51.100.0/24 OK\n2001:db8:bad::/48 OK\n"})
    for i in range(8):
        for source in (OUT4[i], OUT6[i]):
            lab.send(source, "x%d@spam.example" % i, "v%d@far.example" % i)
            lab.send(source, "alice@example.org",
                     ["victim@big.example", "alice@example.org"])
            lab.send(source, "", "null%d@far.example" % i)
        lab.send(NAMED[i], "x@spam.example", "v@far.example")
        lab.send(NAMED[i], "friend@far.example", "alice@example.org")
        lab.send("10.20.0.51", "alice@example.org", "friend@far.example")
        lab.send(OUT4[30 + i], "bob@example.org", "friend@far.example",
                 user="carol", port=587)
    lab.send(OUT4[0], "x@spam.example", "p@backup.example.net")
    lab.send(OUT6[9], "x@spam.example", "bad.one@far.example")
    lab.send(OUT6[9], "x@spam.example", "later.one@far.example")
    lab.send(OUT4[9], "x@spam.example",
             ["many%d@far.example" % n for n in range(20)])
    lab.idle()
    lab.accept_later()
    lab.instances[0].flush()
    lab.idle(deferred_too=True)


@scenario("p23")
def wide_mynetworks(lab):
    """mynetworks is too wide: half the world is inside."""
    lab.postfix(main={"mynetworks": "127.0.0.0/8 10.20.0.0/24 [::1]/128 "
                      "198.51.0.0/16 [2001:db8::]/32"})
    for i in range(10):
        lab.send(OUT4[i], "x@spam.example", "v%d@far.example" % i)
        lab.send(OUT6[i], "x@spam.example",
                 ["w%d@far.example" % i, "w%d@big.example" % i])
        lab.send("10.20.0.52", "alice@example.org", "friend@far.example")
        lab.send(NAMED[i], "x@spam.example", "v@far.example")


# An open relay takes all of these; Postfix rewrites each to the address on
# the right.  The domain part names us, or nobody.
ROUTED = {
    "u1%far.example@example.org": "u1@far.example",
    "u2%far.example@mx1.example.org": "u2@far.example",
    "far.example!u3@example.org": "u3@far.example",
    '"u4@far.example"@example.org': "u4@far.example",
    "u5%far.example@[192.0.2.25]": "u5@far.example",
    '"u6@far.example"@[192.0.2.25]': "u6@far.example",
    "u7@far.example@example.org": "u7@far.example",
    "@example.org:u8@far.example": "u8@far.example",
    "far.example!u9": "u9@far.example",
    '"ua@far.example"': "ua@far.example",
    "ub%far.example": "ub@far.example",
    "uc%far.example@localhost": "uc@far.example",
    "ud%far.example%example.org@example.org": "ud@far.example",
}


@scenario("iso")
def routed_relay(lab):
    """Percent hack, bang path, quoted local parts and address literals, as
    an open relay takes them: the recipient's domain is ours."""
    lab.postfix(main=dict(HOLE, allow_untrusted_routing="yes",
                          strict_rfc821_envelopes="no",
                          resolve_dequoted_address="yes"),
                maps={"hole": "0.0.0.0/0 OK\n::/0 OK\n"})
    for i, (rcpt, final) in enumerate(ROUTED.items()):
        for source in (OUT4[i], OUT6[i]):
            lab.send(source, "x@spam.example", rcpt,
                     finals={rcpt: [(final, "open_relay")]})
    lab.send(OUT4[40], "friend@far.example", "alice@example.org")
    lab.send(OUT4[40], "friend@far.example", "postmaster",
             finals={"postmaster": [("alice@example.org", "inbound")]})


@scenario("trad")
def soft_denied(lab):
    """Relay attempts put off: defer_unauth_destination, then soft_bounce."""
    lab.postfix(main={"smtpd_relay_restrictions": "permit_mynetworks "
                      "permit_sasl_authenticated defer_unauth_destination"})
    for i in range(5):
        lab.send(OUT4[i], "x@spam.example",
                 ["v%d@far.example" % i, "w%d@far.example" % i])
        lab.send(OUT6[i], "x@spam.example",
                 ["alice@example.org", "v%d@far.example" % i])
    lab.idle()
    lab.instances[0].stop()
    lab.postfix(main={"soft_bounce": "yes"})
    for i in range(5):
        lab.send(OUT4[i], "x@spam.example", "y%d@far.example" % i)
        lab.send(OUT6[i], "x@spam.example", "ghost%d@example.org" % i)


@scenario("iso")
def denied(lab):
    """Relay attempts that are refused, in every form, and other refusals."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT, main={
        "smtpd_helo_required": "yes",
        "smtpd_helo_restrictions": "permit_mynetworks "
        "reject_invalid_helo_hostname "
        "check_helo_access texthash:/etc/postfix/helo",
        "smtpd_delay_reject": "yes",
        "smtpd_recipient_restrictions": "permit_mynetworks "
        "permit_sasl_authenticated reject_unauth_destination "
        "reject_rbl_client rbl.example "
        "reject_unknown_sender_domain "
        "reject_unlisted_recipient"},
        maps={"helo": "badhelo.example REJECT go away; helo=<x>\n"})
    for i in range(6):
        for source in (OUT4[i], NAMED[i], OUT6[i]):
            lab.send(source, "x@spam.example", "v%d@far.example" % i)
            lab.send(source, "alice@example.org", "v%d@big.example" % i)
            lab.send(source, "", "n%d@far.example" % i)
            lab.send(source, "friend@far.example",
                     ["alice@example.org", "v%d@far.example" % i,
                      "nobody%d@example.org" % i])
            lab.send(source, "x@spam.example", "ghost%d@example.org" % i)
    for i, rcpt in enumerate(ROUTED):
        lab.send(NAMED[20 + i], "x@spam.example", rcpt)
    lab.send("198.51.100.66", "x@far.example", "alice@example.org")
    lab.send("198.51.100.66", "x@far.example", "v@far.example")
    lab.send(OUT4[20], "x@far.example", "alice@example.org",
             helo="badhelo.example")
    lab.send(OUT4[21], "x@far.example", "alice@example.org", helo="-bad-")
    lab.send(OUT4[22], "x@nowhere.example", "alice@example.org")
    lab.send(NAMED[40], "friend@far.example", "alice@example.org")
    for i in range(5):
        with lab.connect(OUT4[30 + i], 587) as client:
            client.auth("alice", "wrong")
            client.auth("root", "wrong", "LOGIN")
            lab.deliver(client, "x@spam.example", "v@far.example")
