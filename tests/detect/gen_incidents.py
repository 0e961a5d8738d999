# SPDX-License-Identifier: Apache-2.0
"""Abuse, labelled.

One function for each type; INCIDENTS lists them.  A function makes the
traffic and notes the times of the abusive messages; the client addresses,
accounts and forged senders that it uses become the incident's keys.
"""
import collections
import ipaddress

from gen_background import NAMES, relay_denied, unknown_user
from gen_postfix import Client
from gen_world import DAY, said

HOUR = 3600.0
# How receivers say that we are on a list: dsn, reply, in answer to what (None:
# they do not even greet, which Postfix takes for temporary).
LISTINGS = {
    "gmail.com": (
        "4.7.28", "421-4.7.28 [{ip}] Gmail has detected an unusual rate of "
        "unsolicited mail originating from your IP address. To protect our "
        "users from spam, 421-4.7.28 mail sent from your IP address has been "
        "temporarily rate limited. 421 4.7.28 https://support.google.com/mail/"
        "?p=UnsolicitedRateLimitError {h} - gsmtp", "end of DATA"),
    "outlook.com": (
        "5.7.606", "550 5.7.606 Access denied, banned sending IP [{ip}]. To "
        "request removal from this list please visit https://sender.office."
        "com/ and follow the directions. (AS16012609) [AM7P.example]",
        "RCPT TO"),
    "yahoo.com": (
        "4.7.0", "421 4.7.0 [TSS04] Messages from {ip} temporarily deferred "
        "due to unexpected volume or user complaints - 4.16.55.1; see https://"
        "postmaster.yahooinc.com/error-codes", "MAIL FROM"),
    "icloud.com": (
        "5.7.0", "550 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip="
        "{ip}", "MAIL FROM"),
    "gmx.net": (
        "4.0.0", "554-gmx.net (mxgmx117) Nemesis ESMTP Service not available "
        "554-No SMTP service 554-IP address is block listed. 554 For "
        "explanation visit https://postmaster.gmx.net/en/case?c=r0301&i=ip&v="
        "{ip}&r={h}", None),
    "libero.it": (
        "5.0.0", "550 smtp-13.iol.local smtp-13.iol.local IP blacklisted by "
        "CSI. For remediation please use http://csi.cloudmark.com/reset-"
        "request/?ip={ip} [smtp-13.iol.local; LIB_102]", "MAIL FROM"),
    "orange.fr": (
        "5.2.0", "550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]",
        "end of DATA"),
}
# Smaller ones ask a list.
LISTS = (
    ("5.7.1", "554 5.7.1 Service unavailable; Client host [{ip}] blocked using"
     " b.barracudacentral.org; http://www.barracudanetworks.com/reputation/"
     "?r=1&ip={ip}", "RCPT TO"),
    ("5.7.1", "554 5.7.1 Service unavailable; Client host [{ip}] blocked using"
     " bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?{ip}",
     "RCPT TO"),
    ("5.7.1", "550 5.7.1 Mail from {ip} has been blocked by Trend Micro Email "
     "Reputation Service.", "RCPT TO"),
    ("4.0.0", "554 IP={ip} - A problem occurred. (Ask your postmaster for "
     "help or to contact tosa@rx.t-online.de to clarify.) (BL)", None),
    ("5.7.1", "550 5.7.1 {ip} is listed at combined.mail.abusix.zone "
     "(127.0.0.12, https://lookup.abusix.com/search?q={ip})", "RCPT TO"),
)


class Incident:
    def __init__(self, org, kind, number):
        self.org, self.kind = org, kind
        self.id = "%s-%02d" % (org.world.name, number)
        self.keys, self.weak, self.times = set(), set(), []
        self.since = None
        for host in org.hosts:
            self.weak.add(("host", host))
        self.weak.add(("global", "*"))

    @property
    def start(self):
        return min(self.times + ([self.since] if self.since else []))

    @property
    def end(self):
        return max(self.times)

    def key(self, key_type, key):
        self.keys.add((key_type, key))

    def client(self, client, weak=False):
        net = ipaddress.ip_network(client.address + (
            "/64" if ":" in client.address else "/24"), strict=False)
        (self.weak if weak else self.keys).update(
            {("client_address", client.address),
             ("client_network", str(net))})
        return client

    def many(self, rng, low, high):
        """How many; a tenth in a small set."""
        return rng.randrange(low, high) // (10 if self.org.small else 1)

    def sender(self, address):
        """A forged domain is a key, our own only a hint."""
        domain = address.rpartition("@")[2]
        own = domain in self.org.world.local
        self.key("sender", address)
        (self.weak if own else self.keys).add(("sender_domain", domain))
        return address

    def person(self, p):
        self.key("sasl_username", p.login)
        self.sender(p.address)
        return p

    def recipients(self, rng, n=1):
        out = []
        for _ in range(n):
            out.append(self.org.world.victim(rng))
            self.weak.add(("recipient_domain", out[-1].split("@")[1]))
        return out

    def label(self):
        def rows(keys):
            return sorted(map(list, keys))
        return {"id": self.id, "type": self.kind, "start": self.start,
                "end": self.end, "n": len(self.times),
                "keys": rows(self.keys),
                "weak": rows(self.weak - self.keys)}


def spam_fate(rng, domain, t):
    """Spammers' lists are old, and receivers notice."""
    x = rng.random()
    if x < 0.14:
        return ("bounced", "5.1.1", said("550 5.1.1 The email account that "
                                         "you tried to reach does not exist"))
    if x < 0.19:
        return ("bounced", "5.7.1", said(
            "554 5.7.1 Message contains spam or virus or sender is blocked "
            "(ticket %x)" % rng.getrandbits(32), "end of DATA"))
    if x < 0.23:
        return ("held", 2, "4.7.1", said(
            "451 4.7.1 Too many messages, slow down"))
    return None


def burst(inc, rng, t, p, clients, n, seconds, forged=None):
    """n messages of an account, from these hosts in turn."""
    org, service = inc.org, "submission/smtpd"
    mta = org.mta(p.address)
    while n > 0:
        client = inc.client(rng.choice(clients))
        k = min(n, rng.choice((1, 1, 2, 5, 20) if len(clients) > 3 else
                              (1, 5, 20, 50)))
        mails = []
        for _ in range(k):
            sender = inc.sender("%s@%s" % (
                rng.choice(NAMES), rng.choice(forged))) if forged else \
                p.address
            mails.append((sender, inc.recipients(rng, rng.choice(
                (1, 1, 1, 3))), spam_fate))
        inc.times += mta.session(t, client, mails, login=p.login,
                                 service=service)
        n -= k
        t = max(t, inc.times[-1]) + rng.expovariate(1 / (k * seconds))
    return t


def abuser(inc, rng, p):
    """A host that uses an account; some rent one near to its owner."""
    world = inc.org.world
    if rng.random() < 0.2:
        return world.stranger(rng, world.new_address(rng, p.home))
    return world.stranger(rng)


def forgeries(inc, rng):
    """Half of them write in their victim's name."""
    return None if rng.random() < 0.5 else [
        "%x-deal.example" % rng.getrandbits(24) for _ in range(
            rng.randrange(1, 6))]


def account_host(inc, rng, t):
    """A stolen account, used at once from one host abroad."""
    p = inc.person(rng.choice(inc.org.people))
    burst(inc, rng, t, p, [abuser(inc, rng, p)],
          inc.many(rng, 250, 1500), rng.uniform(1, 6), forgeries(inc, rng))


def account_botnet(inc, rng, t):
    """The same from many networks, a few messages each."""
    p = inc.person(rng.choice(inc.org.people))
    hosts = [inc.org.world.stranger(rng) for _ in range(
        rng.randrange(40, 130))]
    burst(inc, rng, t, p, hosts, inc.many(rng, 200, 700),
          rng.uniform(10, 40), forgeries(inc, rng))


def account_slow(inc, rng, t):
    """A few messages an hour for days, to stay below any limit."""
    p = inc.person(rng.choice(inc.org.people))
    hosts = [abuser(inc, rng, p) for _ in range(rng.choice((1, 2, 15)))]
    until = t + rng.uniform(2, 4) * DAY
    while t < until:
        t = burst(inc, rng, t, p, hosts, 1, 30)
        t += rng.expovariate(1 / rng.uniform(600, 2400))


def account_probe(inc, rng, t):
    """One message to see whether it works; the burst hours later."""
    p = inc.person(rng.choice(inc.org.people))
    hosts = [abuser(inc, rng, p) for _ in range(rng.choice((1, 8)))]
    t = burst(inc, rng, t, p, hosts[:1], 1, 10)
    t += rng.uniform(3, 12) * HOUR
    burst(inc, rng, t, p, hosts, inc.many(rng, 200, 900), rng.uniform(2, 12))


def account_guessed(inc, rng, t):
    """Failures, then a success, then mail from somewhere else."""
    p, world = inc.person(rng.choice(inc.org.people)), inc.org.world
    hosts = [world.stranger(rng) for _ in range(rng.choice((1, 3, 30)))]
    inc.since = t
    for _ in range(inc.many(rng, 40, 160)):
        t = inc.org.mta(p.address).auth_failures(
            t, inc.client(rng.choice(hosts)), [p.login])[-1]
        t += rng.expovariate(1 / 60)
    burst(inc, rng, t + rng.uniform(60, 7200), p, [world.stranger(rng)],
          inc.many(rng, 150, 800), rng.uniform(2, 10))


def relayed(inc, rng, t, n, hosts, seconds, how="stranger", mta=None):
    """Strangers' mail to strangers, taken."""
    mta = mta or rng.choice(inc.org.mtas)
    domains = ["%x-promo.example" % rng.getrandbits(20) for _ in range(
        rng.randrange(1, 25))]
    while n > 0:
        k = min(n, rng.choice((1, 1, 3, 10)) if seconds < 100 else 1)
        mails = [(inc.sender("%s@%s" % (rng.choice(NAMES),
                                        rng.choice(domains))),
                  inc.recipients(rng, rng.choice((1, 1, 4))), spam_fate)
                 for _ in range(k)]
        inc.times += mta.session(t, inc.client(rng.choice(hosts)), mails,
                                 how=how)
        n -= k
        t = max(t, inc.times[-1]) + rng.expovariate(1 / (k * seconds))
    return t


def relay_flood(inc, rng, t):
    """A relay that is open and was found."""
    hosts = [inc.org.world.stranger(rng) for _ in range(
        rng.choice((1, 4, 25)))]
    relayed(inc, rng, t, inc.many(rng, 500, 2500), hosts,
            rng.uniform(1.5, 8))


def relay_slow(inc, rng, t):
    """The same, but used with patience."""
    hosts = [inc.org.world.stranger(rng) for _ in range(
        rng.choice((1, 3, 40)))]
    relayed(inc, rng, t, inc.many(rng, 50, 160), hosts,
            rng.uniform(500, 1500))


def relay_gateway(inc, rng, t):
    """A proxy hides who comes: all are its trusted address.

    It begins with that mistake: for a day, mail for us bears the address too,
    and whoever tells it then is in time.
    """
    org, world = inc.org, inc.org.world
    address = "172.17.0.1" if "172" in org.trusted[-1] else "10.0.0.1"
    gate = Client(address, "unknown", "mail.example")
    mta = rng.choice(org.mtas)
    inc.since = at = t - (0.2 if org.small else 1) * DAY
    while at < t + 8 * HOUR:
        p = rng.choice(org.people)
        mta.session(at, gate, [(world.outsider(rng), [p.address], None)])
        at += rng.expovariate(1 / 400)
    relayed(inc, rng, t, inc.many(rng, 200, 1200), [gate],
            rng.uniform(3, 25), how="trusted", mta=mta)


def relay_opened(inc, rng, t):
    """Denied, denied, and then somebody changed a setting."""
    org, world = inc.org, inc.org.world
    host = world.stranger(rng)
    mta = rng.choice(org.mtas)
    inc.since = t
    for _ in range(rng.randrange(4, 12)):
        mta.session(t, inc.client(host), [], refused=[relay_denied(
            "test@%s" % world.domains[3], world.victim(rng))])
        t += rng.uniform(600, 3600)
    t = relayed(inc, rng, t, 1, [host], 50, mta=mta)
    relayed(inc, rng, t + rng.uniform(0.5, 5) * HOUR, inc.many(rng, 80, 600),
            [host] + [world.stranger(rng) for _ in range(5)],
            rng.uniform(5, 60), mta=mta)


def from_uid(inc, rng, t, uid, user, domain):
    """Mail of a script on the host itself."""
    mta = inc.org.mtas[0]
    inc.key("local_user", str(uid))
    inc.key("local_user", user)
    forged = forgeries(inc, rng) or [domain]
    for _ in range(inc.many(rng, 150, 900)):
        sender = inc.sender("%s@%s" % (rng.choice(NAMES),
                                       rng.choice(forged)))
        inc.times.append(mta.pickup(t, uid, user, sender,
                                    inc.recipients(rng), spam_fate))
        t += rng.expovariate(1 / rng.uniform(3, 25))


def web_form(inc, rng, t):
    """A site that sends mail every day is made to send more."""
    org = inc.org
    if hasattr(org, "sites"):
        uid, user, domain, _ = rng.choice(org.sites)
    else:
        uid, user, domain = 33, "www-data", org.domains[0]
        at = org.world.t0
        while at < org.world.t1 - HOUR:
            at += rng.expovariate(1 / 9000)
            org.mtas[0].pickup(at, uid, user, "www@" + domain,
                               [rng.choice(org.people).address])
    from_uid(inc, rng, t, uid, user, domain)


def web_script(inc, rng, t):
    """A script sends under a uid that never sent."""
    uid = rng.randrange(1400, 1900)
    from_uid(inc, rng, t, uid, "app%d" % uid, inc.org.domains[0])


def infected_inside(inc, rng, t):
    """A machine inside, trusted by its address."""
    org = inc.org
    if hasattr(org, "firms"):
        address = rng.choice(org.firms)[0]
    elif "172" in org.trusted[-1]:
        address = "172.18.%d.%d" % (rng.randrange(1, 9), rng.randrange(5, 99))
    else:
        address = "10.1.%d.%d" % (rng.randrange(4), rng.randrange(20, 200))
    relayed(inc, rng, t, inc.many(rng, 200, 1200),
            [Client(address, "unknown", "pc-%d" % rng.randrange(99))],
            rng.uniform(2, 20), how="trusted")


def snowshoe(inc, rng, t):
    """A /24 full of senders, each with little."""
    org = inc.org
    head = org.world.new_address(rng).rsplit(".", 1)[0]
    n = inc.many(rng, 250, 800)
    for _ in range(n):
        host = org.world.stranger(rng, "%s.%d" % (head, rng.randrange(1, 250)))
        mta, to = org.any_mailbox(rng)
        sender = inc.sender("offer@%s%d.example" % (
            rng.choice(("best", "top", "smart")), rng.randrange(90)))
        inc.weak.add(("recipient_domain", to.split("@")[1]))
        inc.times += mta.session(t, inc.client(host), [(sender, [to], None)])
        t += rng.expovariate(n / (rng.uniform(2, 6) * HOUR))


def guess_user(inc, rng, t):
    """One mailbox, tried from many networks."""
    p = inc.person(rng.choice(inc.org.people))
    for _ in range(inc.many(rng, 120, 400)):
        inc.times += inc.org.mta(p.address).auth_failures(
            t, inc.client(inc.org.world.stranger(rng)), [p.login],
            service="submission/smtpd")
        t += rng.expovariate(1 / rng.uniform(30, 160))


def guess_address(inc, rng, t):
    """One address tries all mailboxes."""
    host = inc.client(inc.org.world.stranger(rng))
    for _ in range(inc.many(rng, 60, 250)):
        p = rng.choice(inc.org.people)
        inc.times += inc.org.mta(p.address).auth_failures(
            t, host, [p.login] * rng.choice((1, 1, 3)))
        t += rng.expovariate(1 / 50) + 20


def guess_spread(inc, rng, t):
    """Many networks, many mailboxes, little of each."""
    until = t + rng.uniform(12, 40) * HOUR
    while t < until:
        p = rng.choice(inc.org.people)
        inc.key("sasl_username", p.login)
        inc.times += inc.org.mta(p.address).auth_failures(
            t, inc.client(inc.org.world.stranger(rng)), [p.login])
        t += rng.expovariate(1 / 150)


def backscatter(inc, rng, t):
    """Somebody forged our domain; the world's reports come to us."""
    org, world = inc.org, inc.org.world
    p = rng.choice(org.people)
    domain = p.address.split("@")[1]
    inc.key("recipient_domain", domain)
    inc.key("sender", p.address)
    inc.key("sender_domain", domain)
    n = inc.many(rng, 300, 1400)
    for _ in range(n):
        host = inc.client(world.server(world.domain(rng), rng), weak=True)
        if rng.random() < 0.7:
            bad = "%s%x@%s" % (rng.choice(NAMES), rng.getrandbits(16), domain)
            org.mta(domain).session(t, host, [],
                                    refused=[unknown_user("", bad)])
            inc.times.append(t)
        else:
            inc.times += org.mta(p.address).session(
                t, host, [("", [p.address], None)])
        t += rng.expovariate(n / (rng.uniform(1.5, 9) * HOUR))


def harvest(inc, rng, t):
    """Who exists here?  Names of a list, one after the other."""
    org, world = inc.org, inc.org.world
    hosts = [world.stranger(rng) for _ in range(rng.choice((1, 6, 60)))]
    domain = rng.choice(org.people).address.split("@")[1]
    inc.key("recipient_domain", domain)
    for _ in range(inc.many(rng, 50, 160)):
        sender = world.victim(rng)
        bad = ["%s%d@%s" % (rng.choice(NAMES), rng.randrange(9999), domain)
               for _ in range(rng.randrange(1, 9))]
        org.mta(domain).session(
            t, inc.client(rng.choice(hosts)), [],
            refused=[unknown_user(sender, b) for b in bad])
        inc.times += [t] * len(bad)
        t += rng.expovariate(1 / rng.uniform(20, 120)) + 6


def listing(inc, rng, t):
    """Receivers put us on their lists; told by their refusals.

    It is in all mail of these hours, so it is planned before any is made.
    """
    world, until = inc.org.world, t + rng.uniform(10, 40) * HOUR
    address = world.new_address(rng, world.isps[0])
    blocking = set(rng.sample(sorted(LISTINGS), 4))

    def refuses(mta, rng, domain, when):
        if not t <= when < until or domain in world.local or not (
                domain in blocking or world.trait(domain, 0.2, "list")):
            return None
        dsn, text, where = LISTINGS.get(domain) or LISTS[
            sum(map(ord, domain)) % len(LISTS)]
        inc.times.append(when)
        inc.key("recipient_domain", domain)
        text = said(text.format(ip=address, h="%012x" %
                                rng.getrandbits(48)), where)
        return ("held", 3, dsn, text) if dsn[0] == "4" else (
            "bounced", dsn, text)
    world.listed = refuses


def bounce_wave(inc, rng, t):
    """One account writes to a bought list; half of it is dead."""
    p = inc.person(rng.choice(inc.org.people))

    def dead(rng, domain, when):
        if rng.random() < 0.5:
            return ("bounced", "5.1.1", said("550 5.1.1 No such user here"))
        return None
    n = inc.many(rng, 80, 300)
    client = p.client(inc.org, t, True)
    inc.client(client)
    inc.times += inc.org.series(
        t, p, inc.recipients(rng, n), client, rate=rng.uniform(2, 12),
        fate=dead)


INCIDENTS = collections.OrderedDict((f.__name__, f) for f in (
    account_host, relay_slow, guess_user, web_form, account_probe, harvest,
    relay_gateway, account_slow, snowshoe, guess_spread, account_botnet,
    relay_flood, guess_address, web_script, account_guessed, backscatter,
    relay_opened, infected_inside, listing, bounce_wave))
# Those that change the traffic of others.
PLANNED = ("listing",)


def plan(org, rng, order):
    """Types and times: a half of all types, another half for each seed."""
    days = org.world.days
    if org.seed % 10 == 9 and not org.small:
        return
    names = list(INCIDENTS)
    n = len(names) if org.small else min(len(names) // 2, (days - 4) // 2)
    first = (org.seed * (len(names) // 2) + 3 * order) % len(names)
    for i in range(n):
        kind = names[(first + i) % len(names)]
        if org.small:
            day = rng.uniform(0.3, days - 0.8)
        else:
            day = 3 + (days - 6) * (i + rng.random()) / n
        inc = Incident(org, kind, i)
        inc.at = org.world.t0 + day * DAY
        org.incidents.append(inc)
        if kind in PLANNED:
            INCIDENTS[kind](inc, org.stream(inc.id), inc.at)


def run(org):
    for inc in org.incidents:
        if inc.kind not in PLANNED:
            INCIDENTS[inc.kind](inc, org.stream(inc.id), inc.at)
    org.incidents = [i for i in org.incidents if i.times]
    for inc in org.incidents:
        inc.times.sort()
