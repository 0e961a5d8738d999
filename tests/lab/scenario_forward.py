# SPDX-License-Identifier: Apache-2.0
"""Mail that comes for an address of ours and leaves for a foreign one."""
import os
import pathlib
import pwd

from lab import POLICY
from scenarios import scenario
from scenario_basic import HOLE, NAMED, OUT4, OUT6, SUBMIT, USERS

ALIASES = """postmaster alice
root alice
fwd ext1@far.example
both alice, ext2@far.example
chain fwd
team :include:/etc/postfix/team.list
owner-team alice
crowd :include:/etc/postfix/crowd.list
robot "|/bin/cat >/dev/null"
deadend bad.ext@far.example
"""
TEAM = ["t1@far.example", "t2@big.example", "alice@example.org"]
CROWD = ["c1@far.example", "c2@big.example", "bob@example.org"]
VIRTUAL = """alias.example anything
info@alias.example ext4@far.example
sales@alias.example alice@example.org, ext5@big.example
office@example.org ext6@far.example
"""

# recipient -> what the configuration makes of it
FORWARDS = {
    "fwd@example.org": [("ext1@far.example", "forwarded")],
    "chain@example.org": [("ext1@far.example", "forwarded")],
    "both@example.org": [("alice@example.org", "inbound"),
                         ("ext2@far.example", "forwarded")],
    "team@example.org": [("alice@example.org", "inbound"),
                         ("t1@far.example", "forwarded"),
                         ("t2@big.example", "forwarded")],
    "crowd@example.org": [("bob@example.org", "inbound"),
                          ("c1@far.example", "forwarded"),
                          ("c2@big.example", "forwarded")],
    "robot@example.org": [("robot@example.org", "inbound")],
    "deadend@example.org": [("bad.ext@far.example", "forwarded")],
    "dave@example.org": [("ext3@far.example", "forwarded")],
    "erin@example.org": [("erin@example.org", "inbound"),
                         ("ext7@far.example", "forwarded")],
    "info@alias.example": [("ext4@far.example", "forwarded")],
    "sales@alias.example": [("alice@example.org", "inbound"),
                            ("ext5@big.example", "forwarded")],
    "office@example.org": [("ext6@far.example", "forwarded")],
    "old@example.org": [("new@far.example", "forwarded")],
    "alice@example.org": [("alice@example.org", "inbound")],
}


def configuration(lab, **main):
    """Aliases, .forward files, lists, virtual and canonical maps."""
    for user, text in (("dave", "ext3@far.example\n"),
                       ("erin", "\\erin, ext7@far.example\n")):
        path = pathlib.Path(pwd.getpwnam(user).pw_dir, ".forward")
        path.write_text(text)
        os.chown(path, pwd.getpwnam(user).pw_uid, -1)
    return dict(
        main=dict({
            "virtual_alias_maps": "texthash:/etc/postfix/virtual",
            "recipient_canonical_maps":
                "texthash:/etc/postfix/recipient_canonical",
        }, **main),
        maps={"aliases": ALIASES, "virtual": VIRTUAL,
              "team.list": "".join(a + "\n" for a in TEAM),
              "crowd.list": "".join(a + "\n" for a in CROWD),
              "recipient_canonical": "old@example.org new@far.example\n"})


def send_forwards(lab, sources):
    for n, rcpt in enumerate(FORWARDS):
        status = "sent" if rcpt.startswith("robot") else None
        for i, source in enumerate(sources):
            lab.send(source, "friend%d@far.example" % i, rcpt,
                     finals=FORWARDS, status=status)
    mixed = ["fwd@example.org", "info@alias.example", "alice@example.org",
             "old@example.org", "dave@example.org"]
    for source in sources:
        lab.send(source, "friend@far.example", mixed, finals=FORWARDS)


@scenario("trad")
def forwards(lab):
    """aliases(5), .forward, lists with and without owner, :include:,
    virtual_alias_maps, recipient_canonical_maps: never an open relay."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT, **configuration(lab))
    send_forwards(lab, [OUT4[1], NAMED[1], OUT6[1], "10.20.0.53"])
    lab.send(OUT4[2], "", ["fwd@example.org", "office@example.org"],
             finals=FORWARDS)
    for rcpt in ("fwd@example.org", "team@example.org", "office@example.org"):
        lab.send(NAMED[2], "bob@example.org", rcpt, user="alice", port=587,
                 finals=FORWARDS)
        lab.submit("webapp", None, rcpt, finals=FORWARDS)


@scenario("iso")
def forwards_and_relay(lab):
    """The same forwards on a host that is an open relay too, with long
    queue ids: which is which must be told apart message by message."""
    conf = configuration(lab, enable_long_queue_ids="yes", **HOLE)
    conf["maps"]["hole"] = "0.0.0.0/0 OK\n::/0 OK\n"
    lab.postfix(**conf)
    send_forwards(lab, [OUT4[1], OUT6[1]])
    for i in range(6):
        lab.send(OUT4[i], "x@spam.example",
                 ["fwd@example.org", "v%d@far.example" % i], finals=FORWARDS)
        lab.send(OUT6[i], "alice@example.org",
                 ["v%d@big.example" % i, "office@example.org",
                  "u%d%%far.example@example.org" % i],
                 finals=dict(FORWARDS, **{
                     "u%d%%far.example@example.org" % i:
                     [("u%d@far.example" % i, "open_relay")]}))
        # The outsider writes to the very address a forward leads to.
        lab.send(NAMED[i], "x@spam.example", "ext1@far.example")


RELAY_POLICY = POLICY.replace(
    "relay-domains = backup.example.net",
    "relay-domains = backup.example.net, gateway.example")


@scenario("trad", policy=RELAY_POLICY)
def relay_domains(lab):
    """Backup MX and gateway: one by the relay transport, one by a
    transport_maps entry that hides it behind smtp."""
    lab.truth.relay.add("gateway.example")
    lab.postfix(main={
        "relay_domains": "backup.example.net, gateway.example",
        "relay_recipient_maps": "texthash:/etc/postfix/relay_recipients",
        "transport_maps": "texthash:/etc/postfix/transport"},
        maps={"relay_recipients":
              "@backup.example.net x\nboss@gateway.example x\n"
              "later.boss@gateway.example x\nbad.boss@gateway.example x\n",
              "transport": "gateway.example smtp:[203.0.113.201]\n"})
    for i in range(6):
        for source in (OUT4[i], NAMED[i], OUT6[i]):
            lab.send(source, "friend@far.example",
                     ["boss@gateway.example", "p%d@backup.example.net" % i])
            lab.send(source, "x@spam.example", "ghost@gateway.example")
            lab.send(source, "x@spam.example", "v%d@far.example" % i)
    lab.send(OUT4[9], "friend@far.example", "bad.boss@gateway.example")
    lab.send(OUT4[9], "friend@far.example", "later.boss@gateway.example")
    lab.send("10.20.0.54", "alice@example.org", "boss@gateway.example")
    lab.submit("bob", None, "p@backup.example.net")
    lab.idle()
    lab.accept_later()
    lab.instances[0].flush()
    lab.idle(deferred_too=True)


@scenario("iso")
def bounces(lab):
    """DSNs of every kind: unknown user, refused, expired, NOTIFY=SUCCESS,
    and one that cannot be delivered itself."""
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT, main={
        "local_recipient_maps": "", "maximal_queue_lifetime": "4s",
        "bounce_queue_lifetime": "4s", "relay_domains": "backup.example.net"})
    for i in range(4):
        lab.send(OUT4[i], "friend%d@far.example" % i,
                 ["ghost%d@example.org" % i, "alice@example.org"],
                 status={"ghost%d@example.org" % i: "bounced"})
        lab.send(OUT6[i], "friend%d@far.example" % i,
                 "bad.%d@backup.example.net" % i)
        lab.send(NAMED[i], "alice@example.org", "bad.%d@far.example" % i,
                 user="alice", port=587)
        lab.send("10.20.0.55", "bob@example.org",
                 ["refuse.%d@far.example" % i, "ok%d@big.example" % i])
        lab.send("10.20.0.56", "carol@example.org",
                 "never.%d@far.example" % i)
        lab.send(OUT4[i], "notify%d@far.example" % i, "alice@example.org",
                 rcpt_args=" NOTIFY=SUCCESS")
        lab.send("10.20.0.57", "notify%d@far.example" % i,
                 "friend@far.example", rcpt_args=" NOTIFY=SUCCESS,FAILURE")
        lab.submit("webapp", None, "bad.%d@far.example" % (50 + i))
    lab.send(OUT4[5], "bad.sender@far.example", "ghost@example.org",
             status="bounced")
    lab.send(OUT4[5], "", "ghost@example.org", status="bounced")
    lab.idle(deferred_too=True)
