# SPDX-License-Identifier: Apache-2.0
"""What the internet sends to every mail server every day: no incident."""
from gen_people import poisson

NAMES = ("admin info test sales office root postmaster scan backup user "
         "support contact webmaster guest mail demo").split()


def spam(org, rng, day):
    """Most is refused, some comes in, some goes to traps."""
    world = org.world
    for _ in range(poisson(rng, org.spam)):
        t = world.at(day, rng.uniform(0, 24))
        if world.line_is_cut(t):
            continue
        mta, to = org.any_mailbox(rng)
        client = world.stranger(rng)
        sender = world.victim(rng)
        x = rng.random()
        if x < 0.62:
            refused = [("554 5.7.1 Service unavailable; Client host [%s] "
                        "blocked using dnsbl.lists.example; Listed, see "
                        "https://lists.example/q/%s" % (
                            client.address, client.address),
                        sender, to, "rejected")]
            mta.session(t, client, [], refused=refused * rng.choice((1, 1, 2)))
        elif x < 0.72:
            bad = "%s@%s" % (rng.choice(NAMES), to.split("@")[1])
            mta.session(t, client, [], refused=[unknown_user(
                sender, bad if bad not in world.mailboxes else "x" + bad)])
        elif x < 0.78:
            trap = "old%d@%s" % (rng.randrange(6), to.split("@")[1])
            mta.session(t, client, [(sender, [trap], None)])
        else:
            mta.session(t, client, [(sender, [to], None)])


def unknown_user(sender, recipient):
    return ("550 5.1.1 <%s>: Recipient address rejected: User unknown in "
            "virtual mailbox table" % recipient, sender, recipient,
            "rejected")


def relay_denied(sender, recipient):
    return ("554 5.7.1 <%s>: Relay access denied" % recipient, sender,
            recipient, "relay_denied")


def probes(org, rng, day):
    """Single knocks, relay tests, guesses at names that nobody has."""
    world = org.world
    mta = org.mtas[0]

    def times(mean):
        for _ in range(poisson(rng, mean)):
            t = world.at(day, rng.uniform(0, 24))
            if not world.line_is_cut(t):
                yield t
    for t in times(3):
        mta.session(t, world.stranger(rng), [], refused=[relay_denied(
            "probe@%s" % world.domain(rng), world.victim(rng))])
    for t in times(25):
        mta.knock(t, world.stranger(rng))
    for t in times(org.guesses):
        client = world.stranger(rng)
        for i in range(rng.choice((1, 1, 1, 2, 3))):
            name = rng.choice(NAMES)
            if rng.random() < 0.3:
                name += "@" + sorted(world.local)[0]
            mta.auth_failures(t + i * rng.uniform(400, 9000), client, [name],
                              named=rng.random() < 0.8)
    for t in times(2):
        # one that goes on for hours, at names that nobody has here
        client, pause = world.stranger(rng), rng.uniform(40, 400)
        for _ in range(rng.randrange(6, 70)):
            mta.auth_failures(t, client, [rng.choice(NAMES) + rng.choice((
                "", "1", "2024", "@" + sorted(world.local)[0]))])
            t += rng.expovariate(1 / pause) + 4
    for t in times(0.4):
        # and one that asks in vain for a relay, by all tricks of a list
        client, to = world.stranger(rng), world.victim(rng)
        mta.session(t, client, [], refused=[relay_denied(sender, to) for
                                            sender in ("", "a@b.example",
                                                       to, "root@localhost")
                                            * rng.randrange(1, 4)])
    for t in times(0.3):
        # somebody tries a few names of a list and goes away
        _, to = org.any_mailbox(rng)
        mta.session(t, world.stranger(rng), [], refused=[unknown_user(
            world.victim(rng), "%s%d@%s" % (
                rng.choice(NAMES), rng.randrange(9), to.split("@")[1]))
            for _ in range(rng.randrange(2, 7))])


def newsletters(org, rng, day):
    """Others' newsletters to our people, in one sitting."""
    world = org.world
    for i in range(org.subscribed):
        if (day + i) % (1 + i % 7) or world.weekday(day) > 5:
            continue
        sender = "news@%s" % world.domains[200 + i]
        t = world.at(day, 5 + i * 0.37 % 12)
        client = world.server(world.domains[200 + i])
        for k in range(rng.randrange(2, 2 + max(2, len(org.people) // 5))):
            p = rng.choice(org.people)
            org.mta(p.address).session(
                t + k * rng.uniform(2, 30), client,
                [("bounce-%d-%d@%s" % (i, p.number, sender.split("@")[1]),
                  [p.address], None)])


def typing(org, rng, day):
    """People mistype their password, now and then."""
    for p in org.people:
        if rng.random() < 0.015:
            t = org.world.at(day, rng.uniform(8, 20))
            org.mta(p.address).auth_failures(
                t, p.client(org, t, True), [p.login] * rng.randrange(1, 4),
                service="submission/smtpd", gap=8)


def all_of(org, day):
    rng = org.stream("background%d" % day)
    for part in (spam, probes, newsletters, typing):
        part(org, rng, day)
