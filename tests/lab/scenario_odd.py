# SPDX-License-Identifier: Apache-2.0
"""Access actions, bcc maps, hidden clients and other odd ways."""
from lab import POLICY
from smtp import Refused
from scenarios import scenario
from scenario_basic import HOLE, NAMED, OUT4, OUT6, SUBMIT, USERS
from scenario_filter import OPEN, REENTRY, SCAN

ACTIONS = """hold@far.example HOLD look; from=<a@b> to=<c@d>
drop@far.example DISCARD never mind
scan@far.example FILTER scan:[127.0.0.1]:10024
turn@far.example REDIRECT bob@example.org
away@far.example REDIRECT spy@big.example
warn@far.example WARN careful; to=<x@y>
info@far.example INFO for the record
mark@far.example PREPEND X-Mark: yes
copy@far.example BCC archive@vault.example
no@far.example REJECT we do not want you; helo=<x>
"""


@scenario("trad")
def access_actions(lab):
    """hold, discard, filter, redirect, warn, info, prepend, bcc and reject
    by an access map."""
    lab.helper("filter.py", 10024, 10025)
    lab.postfix(master=SCAN + REENTRY % "no_address_mappings",
                main={"smtpd_recipient_restrictions":
                      "check_sender_access texthash:/etc/postfix/actions"},
                maps={"actions": ACTIONS})
    mine = "alice@example.org"
    for source in (OUT4[1], NAMED[1], OUT6[1], "10.20.0.50"):
        lab.send(source, "hold@far.example", mine, status="held")
        lab.send(source, "drop@far.example", mine, status="discarded")
        for word in ("scan", "warn", "info", "mark", "no"):
            lab.send(source, word + "@far.example", mine)
        lab.send(source, "turn@far.example", mine,
                 finals={mine: [("bob@example.org", "inbound")]})
        lab.send(source, "away@far.example", mine,
                 finals={mine: [("spy@big.example", "forwarded")]})
        lab.send(source, "copy@far.example", mine, finals={mine: [
            (mine, "inbound"), ("archive@vault.example", "forwarded")]},
            accept=["unknown"], note="bcc map")
        lab.send(source, "x@far.example", [mine, "soprano@choir.example"])
    lab.send("10.20.0.50", "scan@far.example", "friend@far.example")
    lab.send("10.20.0.50", "hold@far.example", "friend@far.example",
             status="held")
    lab.send("10.20.0.50", "drop@far.example", "friend@far.example",
             status="discarded")


@scenario("iso")
def bcc_maps(lab):
    """always_bcc and recipient_bcc_maps to a foreign archive: the log does
    not say where the extra recipient came from."""
    bcc_traffic(lab, ["unknown"])


def bcc_traffic(lab, accept):
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT, main={
        "always_bcc": "archive@vault.example",
        "recipient_bcc_maps": "texthash:/etc/postfix/bcc"},
        maps={"bcc": "alice@example.org copy@vault.example\n"})
    archive, copy = "archive@vault.example", "copy@vault.example"
    for i in range(8):
        for source, user, port in ((OUT4[i], None, 25), (OUT6[i], None, 25),
                                   (NAMED[i], "alice", 587),
                                   ("10.20.0.51", None, 25)):
            rcpt = "alice@example.org" if i % 2 else "soprano@choir.example"
            extra = [archive] + ([copy] if i % 2 else [])
            lab.send(source, "friend@far.example", rcpt, user=user,
                     port=port)
            bcc(lab, source, user, "friend@far.example", extra, accept)
    for i in range(4):
        lab.send(NAMED[20 + i], "alice@example.org", "friend@far.example",
                 user="alice", port=465)
        bcc(lab, NAMED[20 + i], "alice", "alice@example.org", [archive],
            accept)
        lab.send(OUT4[20 + i], "x@spam.example", "v@far.example")


def bcc(lab, source, user, sender, extra, accept):
    """Truth of the copies of the message that was sent last.  ACCEPT says
    that the log alone has to do; then a trusted sender's copy looks like
    mail that he sent."""
    last = lab.truth.pairs[-1]
    usual = lab.truth.default_class(extra[0], source, user, None)
    if accept and usual != "open_relay":
        accept = accept + [usual]
    for rcpt in extra:
        lab.truth.add(
            message_id=last["message_id"], queue_id=last["queue_id"],
            client_address=source, sasl_username=user, sender=sender,
            final_recipient=rcpt, accept=accept or None, note="bcc map",
            **{"class": "forwarded"})


@scenario("trad")
def hidden_client(lab):
    """A gateway inside trusted networks hides who is behind it: strangers
    relay through it, and the log only knows the gateway."""
    lab.postfix()
    for i in range(20):
        lab.send("10.20.0.65", "x%d@spam.example" % i,
                 ["v%d@far.example" % i, "w%d@big.example" % i],
                 helo="stranger%d.example" % i, classes="open_relay",
                 accept=["authorised_relay", "unknown"],
                 note="the client is hidden by a gateway")
        lab.send("10.20.0.65", "friend@shop%d.example" % i,
                 "alice@example.org", helo="mail.shop%d.example" % i)
    lab.send("10.20.0.52", "alice@example.org", "friend@far.example")


def refused_again(lab):
    lab.postfix()
    for i in range(3):
        for source in (OUT4[i], OUT6[i], NAMED[i]):
            with lab.connect(source) as client:
                for _ in range(7):
                    lab.deliver(client, "x@spam.example",
                                "v%d@far.example" % i)
                lab.deliver(client, "x@spam.example", "alice@example.org")
                for _ in range(3):
                    lab.deliver(client, "x@spam.example",
                                "ghost%d@example.org" % i)


@scenario("trad", repeat=True)
def repeated(lab):
    """rsyslog's "message repeated N times" stands for refusals that were
    there N times."""
    refused_again(lab)


@scenario("bsd")
def folded(lab):
    """The same with a BSD syslogd's "last message repeated N times"."""
    refused_again(lab)


@scenario("iso")
def suspended(lab):
    """Open relaying to a destination that is down: after the first attempt
    postfix/error says "delivery temporarily suspended", smtp never again."""
    lab.postfix(main=dict(HOLE,
                          default_destination_concurrency_failed_cohort_limit
                          ="1", minimal_backoff_time="60s",
                          maximal_backoff_time="60s",
                          transport_maps="texthash:/etc/postfix/transport"),
                maps=dict(OPEN, transport="closed.example error:5.1.2 gone; "
                          "status=sent (250 ok)\n"))
    for i in range(10):
        for source in (OUT4[i], OUT6[i]):
            lab.send(source, "x@spam.example", "v%d@down.example" % i,
                     status="deferred")
    for i in range(5):
        lab.send(OUT4[i], "x@spam.example", "v%d@closed.example" % i,
                 status="bounced")
        lab.send("10.20.0.53", "alice@example.org",
                 "friend%d@down.example" % i, status="deferred")
        lab.send(NAMED[i], "friend@far.example", "alice@example.org")


@scenario("trad")
def aborted(lab):
    """Transactions that come to nothing: RSET, left after RCPT, left within
    the data, too large, nothing said at all; on an open relay."""
    lab.postfix(main=dict(HOLE, message_size_limit="20000"), maps=OPEN)
    for i in range(4):
        for source in (OUT4[i], OUT6[i], NAMED[i]):
            with lab.connect(source) as client:
                client.say("MAIL FROM:<x@spam.example>")
                client.say("RCPT TO:<v@far.example>")
                client.say("RSET")
            client = lab.connect(source)
            client.say("MAIL FROM:<x@spam.example>")
            client.say("RCPT TO:<v@far.example>")
            client.drop()
            client = lab.connect(source)
            client.say("MAIL FROM:<x@spam.example>")
            client.say("RCPT TO:<v@far.example>")
            client.say("DATA")
            client.sock.sendall(b"Subject: half\r\n\r\nnever mor")
            client.drop()
            with lab.connect(source) as client:
                lab.deliver(client, "x@spam.example", "v@far.example",
                            size=30000)
            with lab.connect(source) as client:
                lab.deliver(client, "x@spam.example", "v@far.example",
                            mail_args=" SIZE=9999999")
                client.say("NONSENSE")
            lab.connect(source).drop()
            lab.send(source, "friend@far.example", "alice@example.org")


@scenario("trad")
def postscreen(lab):
    """postscreen before smtpd, which takes the session over."""
    lab.postfix(
        replace={"smtp inet n - n - - smtpd\n":
                 "smtp inet n - n - 1 postscreen\n"
                 "smtpd pass - - n - - smtpd\n"
                 "dnsblog unix - - n - 0 dnsblog\n"
                 "tlsproxy unix - - n - 0 tlsproxy\n"},
        main={"postscreen_greet_wait": "1s",
              "postscreen_greet_action": "enforce",
              "postscreen_dnsbl_action": "enforce",
              "postscreen_dnsbl_sites": "rbl.example",
              "postscreen_access_list": "permit_mynetworks",
              "postscreen_cache_map": "internal:cache"})
    for source in ("198.51.100.66", OUT4[1], NAMED[1]):
        try:
            lab.send(source, "x@far.example", "alice@example.org")
        except (OSError, Refused):
            pass
    for _ in range(2):
        for source in (OUT4[2], NAMED[2], OUT6[2]):
            lab.send(source, "x@far.example", "alice@example.org")
            lab.send(source, "x@far.example", "v@far.example")
    lab.send("10.20.0.50", "alice@example.org", "friend@far.example")


@scenario("iso", policy=POLICY)
def long_ids(lab):
    """Long queue ids: normal traffic and open relays."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT,
                main=dict(HOLE, enable_long_queue_ids="yes"),
                maps={"hole": "198.51.100.0/24 OK\n"})
    for i in range(10):
        lab.send(OUT4[i], "x@spam.example", "v%d@far.example" % i)
        lab.send(OUT6[i], "friend@far.example", "alice@example.org")
        lab.send(NAMED[i], "alice@example.org", "friend@far.example",
                 user="alice", port=587)
        lab.submit("bob", None, "later.%d@far.example" % i)
    lab.idle()
    lab.accept_later()
    lab.instances[0].flush()
    lab.idle(deferred_too=True)


@scenario("trad")
def transports(lab):
    """Local domains that leave by lmtp and pipe, and a local one that is a
    smarthost's: how it leaves does not make a relay of it; nothing to
    raise."""
    lab.postfix(
        main={"mailbox_transport": "lmtp:inet:[203.0.113.202]:25",
              "virtual_transport": "lmtp:inet:[203.0.113.203]:25",
              "transport_maps": "texthash:/etc/postfix/transport"},
        maps={"transport": "robot@choir.example cat:\n"
              "void@choir.example discard:\n",
              "vmailbox": "soprano@choir.example x\nrobot@choir.example x\n"
              "void@choir.example x\nlater.tenor@choir.example x\n"},
        master="cat unix - n n - - pipe\n  flags=DRX user=vmail "
               "argv=/bin/cat\n")
    for i in range(4):
        for source in (OUT4[i], OUT6[i], "10.20.0.61"):
            lab.send(source, "friend@far.example", [
                "alice@example.org", "soprano@choir.example",
                "robot@choir.example", "void@choir.example"],
                status={"robot@choir.example": "sent",
                        "void@choir.example": "sent"})
    lab.send(OUT4[5], "friend@far.example", "later.tenor@choir.example")
    lab.send("10.20.0.62", "alice@example.org", "friend@far.example")
    lab.idle()
    lab.accept_later()
    lab.instances[0].flush()
    lab.idle(deferred_too=True)


@scenario("iso")
def proxy_protocol(lab):
    """A proxy outside of Postfix tells the client by the PROXY protocol;
    the log shows nobody else."""
    lab.postfix(main=HOLE, maps={"hole": "198.51.100.0/24 OK\n"},
                replace={"smtp inet n - n - - smtpd\n":
                         "smtp inet n - n - - smtpd\n"
                         "27 inet n - n - - smtpd\n"
                         "  -o smtpd_upstream_proxy_protocol=haproxy\n"})
    for i in range(5):
        for told in (OUT4[i], NAMED[i], OUT6[i], "10.20.0.66"):
            kind = "TCP6" if ":" in told else "TCP4"
            host = "2001:db8:25::25" if ":" in told else "192.0.2.25"
            with lab.connect("10.20.0.60", 27, hail="PROXY %s %s %s 40000 25"
                             % (kind, told, host)) as client:
                lab.deliver(client, "x@spam.example",
                            ["v%d@far.example" % i, "alice@example.org"],
                            client_address=told)


COPIES = POLICY + "copies = archive@vault.example, copy@vault.example\n"


@scenario("trad", policy=COPIES)
def bcc_known(lab):
    """The same bcc maps, and the policy names the addresses that get
    copies; nothing to raise."""
    bcc_traffic(lab, [])
