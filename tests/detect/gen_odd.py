# SPDX-License-Identifier: Apache-2.0
"""What looks like abuse and is none.

plan() is asked before any traffic is made, for outages change all of it; the
functions of ODD run on top of the traffic, each once or twice a month.
"""
from gen_background import unknown_user
from gen_postfix import Client
from gen_world import DAY

HOUR = 3600.0


def plan(org, rng):
    """The line of the house was down; a partner's server is."""
    world = org.world
    if org.small or world.days < 10:
        return
    for _ in range(100):
        t = world.at(rng.randrange(8, world.days - 3), rng.uniform(7, 15))
        if not any(-12 * HOUR < t - i.at < 12 * HOUR for i in org.incidents):
            break
    until = t + rng.uniform(1.5, 5) * HOUR
    world.down.append((t, until, None))
    org.excuse(["blind", "queue-growth"], t, until + 12 * HOUR, "outage")
    t = world.at(rng.randrange(4, world.days - 4), rng.uniform(0, 24))
    until = t + rng.uniform(20, 50) * HOUR
    domain = rng.choice(org.people[0].contacts).split("@")[1]
    world.down.append((t, until, domain))
    org.excuse(["queue-growth"], t, until + 2 * HOUR, "partner's server down")


def gap(org, rng):
    """Lines were lost for some hours, where no incident is."""
    world = org.world
    if org.small or world.days < 10:
        return
    for _ in range(200):
        t = world.at(rng.randrange(5, world.days - 2), rng.uniform(0, 24))
        if not any(i.start - 3 * HOUR < t + 6 * HOUR and
                   t < i.end + 2 * HOUR for i in org.incidents):
            org.gap = (t, t + rng.uniform(1.5, 5) * HOUR)
            org.excuse(["blind"], t, org.gap[1] + 12 * HOUR, "log gap")
            return


def first_newsletter(org, rng, t):
    """Somebody who never did writes to everybody; some addresses are old."""
    p = rng.choice(org.people)
    to = [org.world.outsider(rng) for _ in range(rng.randrange(70, 350))]
    client = p.client(org, t, True)
    if rng.random() < 0.5:
        org.series(t, p, to, client)
    else:
        for i in range(0, len(to), 50):
            org.submit(t + i, p, to[i:i + 50], client)
    for _ in range(len(to) // 30):
        domain = org.world.domain(rng)
        org.mta(p.address).session(
            t + rng.uniform(60, 9000), org.world.server(domain, rng),
            [("", [p.address], None)])


def old_password(org, rng, t):
    """A phone goes on with the password of yesterday."""
    p = rng.choice(org.people)
    until = t + rng.uniform(4, 20) * HOUR
    while t < until:
        org.mta(p.address).auth_failures(
            t, p.client(org, t, False), [p.login] * rng.choice((1, 1, 2)),
            service="submission/smtpd")
        t += rng.uniform(300, 1200)
    org.submit(t, p, p.contacts[:1], working=False)


def passwords_expired(org, rng, t):
    """On one morning the programs of many fail, behind one address."""
    t = org.world.at(int((t - org.world.t0) // DAY), 8.2)
    for p in rng.sample(org.people, min(len(org.people), 18)):
        address = org.offices[p.office](p, t) if p.office else org.nat
        at = t + rng.expovariate(1 / 1500)
        org.mta(p.address).auth_failures(
            at, Client(address, "unknown", "[%s]" % address),
            [p.login] * rng.randrange(1, 5), service="submission/smtpd",
            gap=12)


def monitoring_storm(org, rng, t):
    """A switch fails, and every service tells so."""
    to = rng.choice(org.people).address
    pager = org.world.outsider(rng)
    base = org.trusted[-1].split("/")[0] if "172" in org.trusted[-1] else \
        "10.9.0.0"
    address = base.rsplit(".", 1)[0] + ".7"
    for _ in range(rng.randrange(150, 420)):
        org.machine(t, address, "nagios@" + org.domains[0],
                    [to, pager] if rng.random() < 0.3 else [to])
        t += rng.expovariate(1 / 9)


def reply_all(org, rng, t):
    """A letter to all, and all answer to all."""
    some = rng.sample(org.people, min(len(org.people), 40))
    everybody = [p.address for p in some]
    for p in some[:rng.randrange(8, 25)]:
        t += rng.expovariate(1 / 90)
        org.submit(t, p, everybody)


def out_of_office(org, rng, t):
    """A list writes to us, and everybody away answers."""
    client = org.world.server(org.world.domains[77])
    for p in rng.sample(org.people, min(len(org.people), 45)):
        t += rng.uniform(0.2, 3)
        sender = "owner@" + org.world.domains[77]
        org.mta(p.address).session(t, client, [(sender, [p.address], None)])
        if rng.random() < 0.7:
            org.mta(p.address).pickup(t + 1, 5000, "vmail", p.address,
                                      [sender])


def former_people(org, rng, t):
    """Newsletters to mailboxes that are gone."""
    client = org.world.server(org.world.domains[91])
    domain = org.people[0].address.split("@")[1]
    for i in range(rng.randrange(10, 35)):
        org.mta(org.people[0].address).session(
            t + i * 40, client, [], refused=[unknown_user(
                "news@" + org.world.domains[91],
                "gone.person%d@%s" % (i, domain))])


def spam_burst(org, rng, t):
    """One listed sender knocks on and on; all of it is refused."""
    client = org.world.stranger(rng)
    for _ in range(rng.randrange(40, 160)):
        mta, to = org.any_mailbox(rng)
        mta.session(t, client, [], refused=[(
            "554 5.7.1 Service unavailable; Client host [%s] blocked using "
            "dnsbl.lists.example; Listed" % client.address,
            org.world.victim(rng), to, "rejected")])
        t += rng.expovariate(1 / 60)


def announcement(org, rng, t):
    """A new program on a server that never sent mail."""
    if "172" in org.trusted[-1]:
        address = "172.18.0.25"
    elif "10.0.0.0/8" in org.trusted:
        address = "10.40.7.25"
    else:
        return
    for _ in range(rng.randrange(120, 500)):
        org.machine(t, address, "hello@" + org.domains[0],
                    [org.world.outsider(rng)], mta=org.mtas[-1])
        t += rng.uniform(0.5, 5)


def conference(org, rng, t):
    """Three people in another country, on the hotel's one address."""
    isp = rng.choice(org.world.isps[20:])
    address = org.world.new_address(rng, isp)
    for p in rng.sample(org.people, 3):
        for _ in range(rng.randrange(6, 20)):
            org.submit(t + rng.uniform(0, 2 * DAY), p,
                       [rng.choice(p.contacts)],
                       Client(address, "unknown", "[192.168.0.9]"))


ODD = [first_newsletter, old_password, passwords_expired, monitoring_storm,
       reply_all, out_of_office, former_people, spam_burst, announcement,
       conference]


def run(org, rng):
    """Each once or twice, in the hours of the day."""
    days = org.world.days
    for odd in ODD:
        times = 1 if org.small else rng.choice((1, 1, 2)) if days > 20 else 0
        for _ in range(times):
            day = rng.randrange(days > 3, max(1, days - 2))
            odd(org, org.stream("%s%d" % (odd.__name__, day)),
                org.world.at(day, rng.uniform(7, 20)))
