# SPDX-License-Identifier: Apache-2.0
"""People: shifts, devices and networks, and mail that begets mail.

A person starts few mails a day; replies make most of the traffic, as a
meeting that is moved makes ten mails in a quarter of an hour.  Where somebody
writes from depends on the hour: the office, a home line whose address changes,
a phone behind the carrier's NAT, a VPN exit, a hotel.
"""
import math
import random

from gen_postfix import Client
from gen_world import DAY, FIRST, LAST

# Hours of a day in which somebody works: first, last, by weekday.
SHIFTS = {
    "office": lambda p, day, wd: (7.5 + p.bias, 17 + p.bias)
    if wd < 5 else None,
    "school": lambda p, day, wd: (7 + p.bias, 15 + p.bias) if wd < 5 else None,
    "evening": lambda p, day, wd: (18 + p.bias / 2, 22.9)
    if (day + p.number) % 7 < 5 else None,
    # three shifts that rotate by the week, four days on and two off
    "rota": lambda p, day, wd: None if (day + p.number) % 6 > 3 else (
        (6, 14), (13.5, 22), (21.5, 30))[(day // 7 + p.number) % 3],
    "remote": lambda p, day, wd: (9 + 2 * p.bias, 18.5 + 2 * p.bias)
    if wd < 5 else (20, 21.5) if p.number % 3 == 0 else None,
}


class Person:
    def __init__(self, org, number, shift, domain, rate, office=None):
        rng, world = org.stream("person%d" % number), org.world
        self.number, self.shift, self.office = number, shift, office
        self.rng = rng
        first, last = rng.choice(FIRST), rng.choice(LAST)
        self.address = "%s.%s%s@%s" % (
            first, last, number if number % 3 == 0 else "", domain)
        while self.address in org.by_address:
            self.address = "%s.%s%d@%s" % (first, last, number, domain)
        self.login = self.address if org.full_logins else \
            self.address.split("@")[0]
        self.rate = rate * rng.lognormvariate(0, 0.7)
        self.bias = rng.uniform(-0.7, 0.9)
        self.home = rng.choice(world.isps[:8])
        self.carrier = rng.choice(world.isps[8:12])
        self.phone = rng.random() < 0.7
        self.vpn = rng.random() < 0.08
        self.days_away = set()
        self.travel = {}
        if rng.random() < 0.2:
            day = rng.randrange(world.days)
            abroad = rng.choice(world.isps[12:])
            for d in range(day, day + rng.randrange(1, 5)):
                self.travel[d] = abroad
        elif rng.random() < 0.2:
            day = rng.randrange(world.days)
            self.days_away |= set(range(day, day + rng.randrange(5, 12)))
        self.contacts = [world.outsider(rng) for _ in range(
            rng.randrange(5, 40))]
        self.colleagues = []

    def place(self, org, tag, isp):
        """The address that this place has; it stays while the tag does."""
        key = (self.number, tag)
        places = org.world.places
        if key not in places:
            rng = random.Random("%s/%r" % (org.world.name, key))
            places[key] = (org.world.six if self.number % 6 == 1 else
                           org.world.new_address)(rng, isp)
        return places[key]

    def client(self, org, t, working):
        """Where from, at that time."""
        rng, day = self.rng, int((t - org.world.t0) // DAY)
        if day in self.travel:
            a = self.place(org, "hotel%d" % (day // 2), self.travel[day])
            return Client(a, "unknown", "[192.168.1.%d]" % (
                self.number % 200 + 2))
        if self.phone and rng.random() < (0.25 if working else 0.6):
            # the carrier's NAT: another exit every few hours
            a = org.carrier_exit(self, int(t // 21600))
            return Client(a, "unknown", "[10.%d.%d.7]" % (
                self.number % 250, day % 250))
        if self.vpn and rng.random() < 0.5:
            return Client(rng.choice(org.vpn_exits), "unknown",
                          "[10.8.0.%d]" % (self.number % 250))
        if self.office and working:
            a = org.offices[self.office](self, t)
            return Client(a, "unknown", "[%s]" % a)
        a = self.place(org, "home%d" % (day // (1 + self.number % 9)),
                       self.home)
        return Client(a, "p%s.dip.%s.example" % (
            a.replace(".", "-").replace(":", "-"), self.home[0]),
                      "[192.168.178.%d]" % (self.number % 200 + 2))


class Mail:
    """What people do with mail, day by day."""

    def __init__(self, org):
        self.org, self.world = org, org.world
        self.stack = []

    def hours(self, p, day):
        if day in p.days_away or self.org.closed(p, day):
            return None
        return SHIFTS[p.shift](p, day, self.world.weekday(day))

    def day(self, p, day):
        rng, shift = p.rng, self.hours(p, day)
        busy = p.rate * rng.lognormvariate(0, 0.4) * self.org.season(day)
        if shift:
            for _ in range(poisson(rng, busy)):
                self.start(p, day, rng.uniform(*shift), True)
        if rng.random() < 0.25:
            self.start(p, day, rng.choice((7, 12, 20, 21, 22)) +
                       rng.random(), False)
        for _ in range(poisson(rng, p.rate * 0.9 *
                               (1 if self.world.weekday(day) < 5 else 0.3))):
            t = self.world.at(day, min(23.9, max(0, rng.gauss(13, 4))))
            self.inbound(t, rng.choice(p.contacts), p)
        self.run()

    def start(self, p, day, hour, working):
        rng = p.rng
        if 12 < hour < 13 and rng.random() < 0.6:
            return
        t = self.world.at(day, hour)
        x = rng.random()
        if x < 0.05 and len(p.colleagues) > 6:
            # a meeting: many colleagues, and most of them answer
            to = rng.sample(p.colleagues, min(len(p.colleagues),
                                              rng.randrange(5, 12)))
            self.stack.append((t, p, [q.address for q in to], to, 0.6, 0,
                               working))
        elif x < 0.45 and p.colleagues:
            to = rng.sample(p.colleagues, min(len(p.colleagues),
                                              1 + int(rng.expovariate(1.2))))
            self.stack.append((t, p, [q.address for q in to], to, 0.3, 0,
                               working))
        else:
            if rng.random() < 0.12:
                p.contacts.append(self.world.outsider(rng))
            to = rng.choices(p.contacts, k=1 + int(rng.expovariate(1.6)))
            if rng.random() < 0.004:
                to[0] = to[0].replace("@", "@typo-")
            self.stack.append((t, p, sorted(set(to)), [], 0.3, 0, working))

    def inbound(self, t, sender, p, recipients=None):
        org, rng = self.org, p.rng
        while self.world.line_is_cut(t):
            # nobody could reach us; they come when their queue is tried
            t += rng.expovariate(1 / 4000)
        if t >= self.world.t1:
            return
        if org.grey and sender not in org.known:
            # our own greylisting: refused once, taken at the next attempt
            org.known.add(sender)
            org.mta(p.address).session(
                t, self.world.server(sender.rpartition("@")[2]), [],
                refused=[("450 4.2.0 <%s>: Recipient address rejected: "
                          "Greylisted for 300 seconds" % p.address,
                          sender, p.address, "rejected")])
            t += rng.uniform(310, 1500)
        org.mta(p.address).session(
            t, self.world.server(sender.rpartition("@")[2], rng),
            [(sender, recipients or [p.address], None)])
        if int((t - self.world.t0) // DAY) in p.days_away and (
                p.number % 2) and (p.number, sender) not in org.known:
            org.known.add((p.number, sender))
            org.mta(p.address).pickup(t + 2, 5000, "vmail", p.address,
                                      [sender])

    def run(self):
        while self.stack:
            t, p, to, people, answer, depth, working = self.stack.pop()
            if t >= self.world.t1 - 60:
                continue
            rng = p.rng
            self.org.submit(t, p, to, working=working)
            if depth > 3:
                continue
            for q in people:
                if rng.random() < answer:
                    t2 = t + rng.lognormvariate(math.log(900), 1.3)
                    back = [p] + [r for r in people if r is not q and
                                  rng.random() < 0.25]
                    self.stack.append((t2, q, [r.address for r in back],
                                       back, answer / 2, depth + 1, True))
            for address in to:
                if not self.world.is_local(address) and rng.random() < 0.35:
                    self.inbound(t + rng.lognormvariate(math.log(5400), 1.2),
                                 address, p)


def poisson(rng, mean):
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    n, x, limit = 0, rng.random(), math.exp(-mean)
    while x > limit:
        x *= rng.random()
        n += 1
    return n
