# SPDX-License-Identifier: Apache-2.0
"""Content filters after and before the queue, XCLIENT, two instances."""
from scenarios import scenario
from scenario_basic import HOLE, NAMED, OUT4, OUT6, SUBMIT, USERS
from scenario_forward import FORWARDS, configuration, send_forwards

# Where filtered mail comes back.
REENTRY = """
127.0.0.1:10025 inet n - n - - smtpd
  -o syslog_name=postfix/10025
  -o content_filter=
  -o smtpd_proxy_filter=
  -o mynetworks=127.0.0.0/8
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o receive_override_options=%s
"""
SCAN = """
scan unix - - n - 10 smtp
  -o smtp_send_xforward_command=yes
  -o disable_dns_lookups=yes
  -o syslog_name=postfix/scan
"""
OPEN = {"hole": "0.0.0.0/0 OK\n::/0 OK\n"}


def send_filtered(lab, rounds=6):
    """Every class through the filter, open relays of two kinds among it."""
    for i in range(rounds):
        for source in (OUT4[i], NAMED[i], OUT6[i]):
            lab.send(source, "x@spam.example",
                     ["v%d@far.example" % i, "alice@example.org"])
            lab.send(source, "friend@far.example", "soprano@choir.example")
            lab.send(source, "x@spam.example", "p%d@backup.example.net" % i)
        rcpt = "u%d%%far.example@example.org" % i
        lab.send(OUT4[i], "x@spam.example", rcpt, finals={
            rcpt: [("u%d@far.example" % i, "open_relay")]})
        lab.send(NAMED[20 + i], "alice@example.org",
                 ["friend@far.example", "bob@example.org"], user="alice",
                 port=587)
        lab.send("10.20.0.58", "carol@example.org", "friend@big.example")
        lab.submit("webapp", None, "customer%d@far.example" % i)
    lab.send(OUT4[9], "x@spam.example", "bad.one@far.example")
    lab.send("10.20.0.58", "carol@example.org", "bad.two@far.example")


def after_queue(lab, modes, overrides="no_address_mappings", **main):
    conf = configuration(lab, content_filter="scan:[127.0.0.1]:10024",
                         **dict(HOLE, **main))
    conf["maps"].update(OPEN)
    lab.helper("filter.py", 10024, 10025, *modes)
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT, master=SCAN + REENTRY %
                overrides, **conf)


@scenario("trad")
def filter_plain(lab):
    """A filter after the queue that tells nothing of the client: only
    "queued as" links the two queue ids."""
    after_queue(lab, [])
    send_filtered(lab)
    send_forwards(lab, [OUT4[30], OUT6[30]])


@scenario("iso")
def filter_xforward(lab):
    """A filter after the queue with XFORWARD, long queue ids."""
    after_queue(lab, ["xforward"], enable_long_queue_ids="yes")
    send_filtered(lab)
    send_forwards(lab, [OUT4[30]])


@scenario("iso")
def filter_slow(lab):
    """amavisd's order: the child is delivered and removed before the
    parent's line says "queued as"."""
    after_queue(lab, ["amavis", "slow"])
    send_filtered(lab, 4)


@scenario("p23")
def filter_amavis(lab):
    """amavisd's words and XFORWARD, in the form that cuts the tag."""
    after_queue(lab, ["amavis", "slow", "xforward"])
    send_filtered(lab, 4)


@scenario("trad")
def filter_each(lab):
    """A filter that hands in one copy for each recipient: the parent's line
    names only the last child."""
    after_queue(lab, ["xforward", "each"])
    send_filtered(lab, 3)


@scenario("trad")
def filter_sound(lab):
    """The filter on a sound host: nothing to raise."""
    conf = configuration(lab, content_filter="scan:[127.0.0.1]:10024")
    lab.helper("filter.py", 10024, 10025)
    lab.dovecot(USERS)
    lab.postfix(ports=SUBMIT, master=SCAN + REENTRY % "no_address_mappings",
                **conf)
    send_filtered(lab)
    send_forwards(lab, [OUT4[30]])


@scenario("iso")
def proxy_filter(lab):
    """A filter before the queue: the smtpd that takes the client has no
    queue id, and the one with the queue id knows no SASL user."""
    lab.helper("filter.py", 10024, 10025, "xforward")
    lab.dovecot(USERS)
    proxy = "\n  -o smtpd_proxy_filter=127.0.0.1:10024"
    lab.postfix(
        ports=SUBMIT, main=HOLE, maps=OPEN,
        replace={"smtp inet n - n - - smtpd":
                 "smtp inet n - n - - smtpd" + proxy,
                 "syslog_name=postfix/submission":
                 "syslog_name=postfix/submission" + proxy},
        master=REENTRY % "no_unknown_recipient_checks")
    send_filtered(lab)


@scenario("trad")
def proxy_filter_plain(lab):
    """The same without XFORWARD: the inner client is localhost."""
    lab.helper("filter.py", 10024, 10025)
    lab.dovecot(USERS)
    proxy = "\n  -o smtpd_proxy_filter=127.0.0.1:10024"
    lab.postfix(
        ports=SUBMIT, main=HOLE, maps=OPEN,
        replace={"smtp inet n - n - - smtpd":
                 "smtp inet n - n - - smtpd" + proxy,
                 "syslog_name=postfix/submission":
                 "syslog_name=postfix/submission" + proxy},
        master=REENTRY % "no_unknown_recipient_checks")
    send_filtered(lab, 4)


@scenario("iso")
def xclient(lab):
    """A front-end inside tells by XCLIENT who the client is."""
    lab.postfix(main=dict(HOLE, smtpd_authorized_xclient_hosts="10.20.0.60"),
                maps={"hole": "198.51.100.0/24 OK\n2001:db8:bad::/48 OK\n"})
    for i in range(5):
        for told, name in ((OUT4[i], "[UNAVAILABLE]"),
                           (NAMED[i], "client.pool.example"),
                           (OUT6[i], "[UNAVAILABLE]"),
                           ("10.20.0.61", "pc61.example.org")):
            addr = "IPV6:" + told if ":" in told else told
            with lab.connect("10.20.0.60") as client:
                client.say("XCLIENT NAME=%s ADDR=%s HELO=client.example" %
                           (name, addr))
                client.hello()
                lab.deliver(client, "x@spam.example",
                            ["v%d@far.example" % i, "alice@example.org"],
                            client_address=told)
        with lab.connect("10.20.0.60") as client:
            client.say("XCLIENT ADDR=%s LOGIN=carol" % NAMED[i])
            client.hello()
            client.user = "carol"
            lab.deliver(client, "carol@example.org", "friend@far.example",
                        client_address=NAMED[i])
    lab.send("10.20.0.62", "alice@example.org", "friend@far.example")


# In Postfix's own log file each instance logs as the host of its myhostname,
# and weir takes them for two (README, Limits).
@scenario("trad", maillog=False)
def two_instances(lab):
    """A second instance, postfix-out, takes what leaves: every message to
    the world has a queue id in each."""
    out = """
127.0.0.1:10026 inet n - n - - smtpd
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
"""
    lab.postfix("out", main={
        "myhostname": "mxout.example.org",
        "mydestination": "", "local_recipient_maps": "",
        "alias_maps": "", "relay_domains": "", "inet_interfaces": "127.0.0.1",
        "virtual_mailbox_domains": "", "mynetworks": "127.0.0.0/8",
        "transport_maps": "inline:{example.org=smtp:[192.0.2.25]}"},
        replace={"smtp inet n - n - - smtpd\n": "",
                 "submission inet": "127.0.0.1:10027 inet",
                 "smtps inet": "127.0.0.1:10028 inet"},
        master=out, ports=())
    lab.dovecot(USERS)
    conf = configuration(lab, default_transport="smtp:[127.0.0.1]:10026",
                         relay_transport="smtp:[127.0.0.1]:10026",
                         alternate_config_directories="/etc/postfix-out",
                         **HOLE)
    conf["maps"].update(OPEN)
    lab.postfix(ports=SUBMIT, **conf)
    send_filtered(lab, 5)
    lab.send(OUT4[40], "friend@far.example",
             ["office@example.org", "fwd@example.org"], finals=FORWARDS)
