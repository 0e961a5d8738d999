# SPDX-License-Identifier: Apache-2.0
"""The organisations.  One class each; ORGS lists them."""
from gen_org import Org
from gen_postfix import Client
from gen_world import FIRST


class School(Org):
    """Teachers, pupils in the evening, letters to all parents; holidays."""
    name, zone, start = "school", "Europe/Berlin", "2026-03-09"
    domains = ("lindenschule.example",)
    hosts = ("mail",)
    full_logins = False
    spam, guesses = 70, 40

    def begin(self, rng):
        self.staff = self.hire(70, "school", self.domains[0], 4, "nat")
        self.pupils = self.hire(160, "evening", self.domains[0], 1.2)
        self.parents = [self.world.outsider(rng) for _ in range(
            60 if self.small else 900)]
        self.secretary = self.staff[0]
        self.holiday = set(range(19, 26))

    def closed(self, person, day):
        return day in self.holiday and person.number % 9 != 0

    def machines(self, day, rng):
        world, mta = self.world, self.mtas[0]
        if world.weekday(day) < 5 and day not in self.holiday:
            # the timetable program, before the first lesson
            t = world.at(day, 6.75)
            for p in rng.sample(self.staff, len(self.staff) // 3):
                t += rng.uniform(0.1, 2)
                mta.pickup(t, 997, "stundenplan", "plan@" + self.domains[0],
                           [p.address, rng.choice(p.contacts)])
            for t in self.hourly(day, rng, 25, (7, 16)):
                # scan to mail: always the same sender address
                p = rng.choice(self.staff)
                self.machine(t, "10.1.9.%d" % rng.choice((11, 12)),
                             "scan@" + self.domains[0],
                             [rng.choice((p.address, rng.choice(p.contacts)))])
        if day in (1, 8, 16, 27) and not self.small or day == 1:
            # the parents' letter, in pieces of a hundred
            t = world.at(day, 11 + rng.random())
            for i in range(0, len(self.parents), 100):
                t += rng.uniform(20, 90)
                self.submit(t, self.secretary, self.parents[i:i + 100],
                            Client(self.nat, "unknown", "[10.2.0.5]"))
            self.parents += [world.outsider(rng) for _ in range(20)]


class Clinic(Org):
    """Day and night; laboratory reports, monitors, on call."""
    name, zone, start = "clinic", "America/New_York", "2026-10-12"
    domains = ("stlucia-clinic.example", "lab.stlucia-clinic.example")
    hosts = ("mx1", "mx2")
    iso, grey = True, True

    def begin(self, rng):
        self.hire(150, "rota", self.domains[0], 3, "lan")
        self.hire(40, "office", self.domains[0], 5, "lan")
        self.practices = [self.world.outsider(rng) for _ in range(45)]

    def machines(self, day, rng):
        per_day = 900 if self.world.weekday(day) < 5 else 320
        for t in self.hourly(day, rng, per_day, (5, 21)):
            # the laboratory gets a new server
            self.machine(t, "10.40.0.77" if self.moved(t) else "10.40.0.21",
                         "reports@" + self.domains[1],
                         [rng.choice(self.practices)], mta=self.mtas[1],
                         name="lis1.stlucia-clinic.example")
        for t in self.hourly(day, rng, 60):
            self.machine(t, "10.40.0.%d" % rng.randrange(30, 40),
                         "monitor@" + self.domains[0],
                         [rng.choice(self.people).address])


class Hosting(Org):
    """Many customers' domains, shops, forms; each site a uid of its own."""
    name, zone, start = "hosting", "Europe/Lisbon", "2026-05-04"
    domains = tuple("%s%d.example" % (FIRST[i % len(FIRST)], i)
                    for i in range(70))
    hosts = ("srv4",)
    long_ids = True
    spam, guesses, subscribed = 160, 80, 20

    def begin(self, rng):
        self.sites = []
        for i, domain in enumerate(self.domains):
            self.hire(36 if self.small else 2, "office", domain, 2)
            self.sites.append((1001 + i, "web%d" % (1001 + i), domain,
                               rng.lognormvariate(0.8, 1.1)))
            if self.small and i > 2:
                break
        for i in range(8):
            p = self.people[i * 7 % len(self.people)]
            address = "info@" + p.address.split("@")[1]
            self.world.forwards[address] = self.world.outsider(rng)

    def machines(self, day, rng):
        mta, world = self.mtas[0], self.world
        for uid, user, domain, rate in self.sites:
            for t in self.hourly(day, rng, rate * 6, (6, 24)):
                to = rng.choice(self.people).address if rng.random() < 0.3 \
                    else world.outsider(rng)
                mta.pickup(t, uid, user, "%s@%s" % (
                    rng.choice(("shop", "wordpress", "noreply")), domain),
                    [to])
        for address in world.forwards:
            for t in self.hourly(day, rng, 16 if self.small else 4):
                sender = world.outsider(rng)
                mta.session(t, world.server(sender.split("@")[1]),
                            [(sender, [address], None)])
        if world.weekday(day) == 0:
            t = world.at(day, 3.1)
            for uid, user, domain, _ in self.sites:
                t += 0.7
                mta.pickup(t, 0, "root", "backup@" + domain,
                           ["customer%d@%s" % (uid, world.domains[uid % 90])])


class Club(Org):
    """Volunteers in the evening, a newsletter that grows, lists."""
    name, zone, start = "club", "Europe/Paris", "2026-09-14"
    domains = ("rowing-club.example", "lists.rowing-club.example")
    hosts = ("mail",)
    spam, guesses, subscribed = 40, 25, 6

    def begin(self, rng):
        self.hire(40, "evening", self.domains[0], 3.5)
        self.members = [self.world.outsider(rng) for _ in range(
            40 if self.small else 260)]
        self.lists = {}
        for name in ("board", "youth", "race"):
            self.lists[name] = rng.sample(self.members, 12) + [
                p.address for p in rng.sample(self.people, min(
                    9, len(self.people)))]

    def machines(self, day, rng):
        world, mta = self.world, self.mtas[0]
        if world.weekday(day) == 3:
            # one message to each member, by one volunteer's program
            self.series(world.at(day, 19 + rng.random()), self.people[1],
                        list(self.members), self.people[1].client(
                            self, world.at(day, 19), False))
            self.members += [world.outsider(rng) for _ in range(
                2 if self.small else 35)]
        for name, members in self.lists.items():
            for t in self.hourly(day, rng, 8, (17, 23.5)):
                # list software: in over SMTP, out by a local client
                p = rng.choice(self.people)
                self.submit(t, p, ["%s@%s" % (name, self.domains[1])])
                mta.session(t + 4, Client("127.0.0.1", "localhost", "lists"),
                            [("%s-bounces@%s" % (name, self.domains[1]),
                              members, None)], how="trusted")


class Saas(Org):
    """Mail by programs: resets, receipts; invoices when a month ends."""
    name, zone, start = "saas", "Europe/Dublin", "2026-10-12"
    domains = ("kilnworks.example", "mail.kilnworks.example")
    hosts = ("out1", "out2")
    iso, long_ids = True, True
    spam, guesses = 50, 60
    trusted = ["127.0.0.0/8", "::1", "172.16.0.0/12"]

    def begin(self, rng):
        self.hire(45, "remote", self.domains[0], 5)
        self.customers = [self.world.outsider(rng) for _ in range(700)]

    def machines(self, day, rng):
        weekend = self.world.weekday(day) > 4
        for t in self.hourly(day, rng, 500 if weekend else 1100, (7, 23)):
            n = rng.randrange(4)
            kind = rng.choice(("reset", "receipt", "notify", "notify"))
            self.machine(t, "172.18.0.%d" % (11 + n),
                         "%s@%s" % (kind, self.domains[1]),
                         [rng.choice(self.customers)],
                         mta=self.mtas[n % 2], name="app%d" % n)
        if self.world.date(day).day == 1 or self.small and day == 1:
            t = self.world.at(day, 4)
            for c in self.customers[:40 if self.small else None]:
                t += rng.uniform(0.5, 4)
                self.machine(t, "172.18.0.20", "billing@" + self.domains[1],
                             [c], mta=self.mtas[0], name="billing")


class Isp(Org):
    """A smarthost: customers' servers relay through it, some log in."""
    name, zone, start = "isp", "Europe/Warsaw", "2026-03-09"
    domains = ("hillnet.example", "mx.hillnet.example")
    hosts = ("smtp1", "smtp2")
    full_logins = True
    spam, guesses, subscribed = 140, 90, 10

    def begin(self, rng):
        self.hire(110, "evening", self.domains[0], 1.5)
        self.firms = []
        self.trusted = list(self.trusted)
        for i in range(5 if self.small else 22):
            address = self.world.new_address(rng, self.world.isps[2])
            domain = "firm%d-%s.example" % (i, FIRST[i])
            self.firms.append((address, domain, rng.lognormvariate(3.2, 0.9)))
            self.trusted.append(address)
            if i == 1:
                # this firm moves its server; both addresses are allowed
                self.after = self.world.new_address(rng, self.world.isps[3])
                self.trusted.append(self.after)
            if i % 3 == 0:
                self.world.relayed.add(domain)

    def machines(self, day, rng):
        world = self.world
        factor = 1 if world.weekday(day) < 5 else 0.15
        for address, domain, rate in self.firms:
            for t in self.hourly(day, rng, rate * factor, (7, 18)):
                where = self.after if self.moved(t) and \
                    address == self.firms[1][0] else address
                self.machine(t, where, "%s@%s" % (rng.choice(FIRST), domain),
                             [world.outsider(rng)], mta=self.mtas[0],
                             name="mail." + domain)
            if domain in world.relayed:
                for t in self.hourly(day, rng, rate * 0.6 * factor, (6, 22)):
                    sender = world.outsider(rng)
                    self.mtas[1].session(
                        t, world.server(sender.split("@")[1]),
                        [(sender, ["%s@%s" % (rng.choice(FIRST), domain)],
                          None)])


ORGS = {c.name: c for c in (School, Clinic, Hosting, Club, Saas, Isp)}
