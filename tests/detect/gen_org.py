# SPDX-License-Identifier: Apache-2.0
"""An organisation: its servers, people and networks, and its machines' mail.

gen_orgs has one entry for each organisation; what they share is here.
"""
import zlib

from gen_people import Mail, Person, poisson
from gen_postfix import Client, Log, Mta
from gen_world import World


class Org:
    # What an organisation may say differently.
    name, zone, start = "", "Europe/Berlin", "2026-03-02"
    iso, long_ids, full_logins, grey = False, False, True, False
    hosts, domains, spam, guesses, subscribed = ("mx1",), ("x",), 60, 30, 12
    trusted = ["127.0.0.0/8", "::1", "10.0.0.0/8"]

    def __init__(self, seed, weeks=4, small=False):
        self.seed, self.small = seed, small
        self.world = World(self.name, seed, self.start, weeks, self.zone)
        world = self.world
        world.local |= set(self.domains)
        self.log = Log(world)
        self.mtas = [Mta(self.log, h, self.domains[0], self.stream(h),
                         self.long_ids) for h in self.hosts]
        self.people, self.by_address, self.known = [], {}, set()
        self.vpn_exits = [world.new_address(self.stream("vpn"))
                          for _ in range(9)]
        rng = self.stream("offices")
        self.nat = world.new_address(rng, world.isps[0])
        self.nat2 = world.new_address(rng, world.isps[1])
        self.moves = rng.uniform(0.2, 1) * world.days
        self.public_holiday = rng.randrange(3, 26)
        self.offices = {"lan": self.lan, "nat": self.office_nat}
        self.incidents, self.excused, self.gap = [], [], None
        self.mail = Mail(self)
        self.begin(self.stream("begin"))

    def stream(self, name):
        return self.world.stream(name)

    def begin(self, rng):
        """People and whatever is drawn once."""

    def excuse(self, detectors, since, until, why):
        """Alerts of these detectors are right then, and no detection."""
        self.excused.append({"detectors": detectors, "start": since,
                             "end": until, "why": why})

    def machines(self, day, rng):
        """Mail that no person writes, of one day."""

    def closed(self, person, day):
        """Those who work by the week have a public holiday off."""
        return day == self.public_holiday and person.shift in (
            "office", "remote")

    def season(self, day):
        return 1.0

    # People and places

    def hire(self, n, shift, domain, rate, office=None):
        n = max(3, n // 12) if self.small else n
        new = []
        for _ in range(n):
            p = Person(self, len(self.people), shift, domain, rate, office)
            self.people.append(p)
            new.append(p)
            self.by_address[p.address] = p
            self.world.mailboxes.add(p.address)
        for p in new:
            others = [q for q in new if q is not p]
            p.colleagues = p.rng.sample(others, min(len(others), 12))
        return new

    def lan(self, person, t):
        return "10.1.%d.%d" % (person.number // 100, 20 + person.number % 200)

    def moved(self, t):
        """Once a month something gets another address."""
        return t >= self.world.at(int(self.moves), 6)

    def office_nat(self, person, t):
        return self.nat2 if self.moved(t) else self.nat

    def carrier_exit(self, person, slot):
        isp = person.carrier
        a, b = isp[1][zlib.crc32(b"%d" % (person.number + slot)) % 3]
        h = zlib.crc32(b"%d/%d" % (person.number, slot))
        return "%d.%d.%d.%d" % (a, b, h % 24, 1 + (h >> 8) % 60)

    def mta(self, address):
        """The server that this mailbox is on."""
        return self.mtas[zlib.crc32(address.rpartition("@")[2].encode()) %
                         len(self.mtas)]

    def any_mailbox(self, rng):
        p = rng.choice(self.people)
        return self.mta(p.address), p.address

    # Ways to hand mail in

    def submit(self, t, p, recipients, client=None, fate=None, working=True,
               sender=None):
        client = client or p.client(self, t, working)
        return self.mta(p.address).session(
            t, client, [(sender or p.address, recipients, fate)],
            login=p.login, service="submission/smtpd")[0]

    def series(self, t, p, recipients, client, rate=1.5, size=60, fate=None,
               senders=None):
        """A person's program sends one by one, many to a connection."""
        times, mta = [], self.mta(p.address)
        while recipients:
            part, recipients = recipients[:size], recipients[size:]
            mails = [(senders() if senders else p.address, [r], fate)
                     for r in part]
            got = mta.session(t, client, mails, login=p.login,
                              service="submission/smtpd", pause=rate)
            times += got
            t = got[-1] + 2
        return times

    def machine(self, t, address, sender, recipients, fate=None, mta=None,
                name=None):
        """From a device or server inside the trusted networks."""
        client = Client(address, name or "unknown", "[%s]" % address)
        return (mta or self.mtas[0]).session(
            t, client, [(sender, recipients, fate)], how="trusted")[0]

    def hourly(self, day, rng, per_day, hours=(0, 24)):
        for _ in range(poisson(rng, per_day / (8 if self.small else 1))):
            yield self.world.at(day, rng.uniform(*hours))

    # What the log is told with

    def policy(self):
        out = "[policy]\ntrusted-networks = " + ",\n    ".join(
            self.trusted) + "\n"
        out += "local-domains = @domains\n"
        if self.world.relayed:
            out += "relay-domains = " + ",\n    ".join(
                sorted(self.world.relayed)) + "\n"
        return out

    def stamp(self):
        return self.world.stamp_iso if self.iso else self.world.stamp_bsd
