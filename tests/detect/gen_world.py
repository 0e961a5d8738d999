# SPDX-License-Identifier: Apache-2.0
"""The world around one organisation: time, networks, domains, mail servers.

Every part draws from a random stream of its own name, so that one incident
more or less leaves all other traffic as it was.
"""
import datetime
import ipaddress
import random
import zlib
import zoneinfo

from gen_postfix import CONNECT, RETRIES, TIMED_OUT, Client, Try

DAY = 86400.0
FIRST = ("ada ben cleo dana emil fred gita hugo ines jana karl lena mats nora "
         "olaf pia quin rosa sven tess udo vera willi xenia yara zeno alma "
         "boris celia dirk elsa finn greta hans ida jonas kira luis mona "
         "nils oda paul rita sami tilda").split()
LAST = ("acker bloom crane dorn ebert falk grube holm irmer junge kern lang "
        "moser nagel olsen peters quast roth seidel thoma ulmer vogt weiss "
        "xander young zoller abel brandt cole drews engel frost geier hauer "
        "ilg jost kunze lutz maas noack orth pohl reuter stahl trapp unger "
        "voss winter").split()
# Where most private people have their mailbox, and what its servers say.
BIG = {
    "gmail.com": ("gmail-smtp-in.l.google.com", "2.0.0 OK  {n} {h} - gsmtp"),
    "outlook.com": ("outlook-com.olc.protection.outlook.com",
                    "2.6.0 <{mid}> [InternalId={n}, Hostname=AM7P.example] "
                    "Queued mail for delivery -> 250 2.1.5"),
    "yahoo.com": ("mta7.am0.yahoodns.net", "ok dirdel"),
    "icloud.com": ("mx01.mail.icloud.com", "2.0.0 Ok: queued as {h}"),
    "gmx.net": ("mx00.emig.gmx.net",
                "Requested mail action okay, completed: id={h}"),
    "web.de": ("mx-ha02.web.de",
               "Requested mail action okay, completed: id={h}"),
    "orange.fr": ("smtp-in.orange.fr", "2.0.0 {h} mail accepted"),
    "libero.it": ("smtp-in.libero.it", "2.0.0 {h} mail accepted"),
}
STYLES = ("2.0.0 Ok: queued as {h}", "2.0.0 {h} Message accepted for delivery",
          "OK id={h}", "Message queued ({h})", "2.6.0 message received")


def said(reply, where="RCPT TO"):
    """What a server answered, in the words of smtp(8)."""
    if where is None:
        return "{host} refused to talk to me: " + reply
    return "{host} said: %s (in reply to %s command)" % (reply, where)


class World:
    def __init__(self, org, seed, start, weeks, zone):
        self.name = "%s-%d" % (org, seed)
        self.zone = zoneinfo.ZoneInfo(zone)
        self.day0 = datetime.datetime.fromisoformat(start)
        self.days = round(weeks * 7)
        self.t0 = self.at(0, 0)
        self.t1 = self.at(self.days, 0)
        self.local, self.relayed, self.mailboxes = set(), set(), set()
        self.forwards = {}
        # (from, until, domain or None for all) and what says no for listing
        self.down, self.listed = [], None
        self.offsets = {}
        rng = self.stream("world")
        self.isps = [self.new_isp(rng, "isp%d" % i) for i in range(40)]
        self.places = {}
        self.seen = set()
        self.domains = ["%s%s-%s.example" % (
            rng.choice(LAST), i, rng.choice((
                "gmbh", "trade", "group", "shop", "law", "tax", "build",
                "print", "travel", "care"))) for i in range(420)]

    def stream(self, name):
        return random.Random("%s/%s" % (self.name, name))

    # Time

    def at(self, day, hour):
        """Local hour of a day of the log, as seconds UTC."""
        when = self.day0 + datetime.timedelta(days=day)
        noon = when.replace(hour=12, tzinfo=self.zone).timestamp()
        # the clocks may change between noon and then
        want = when + datetime.timedelta(hours=hour)
        return noon + (hour - 12) * 3600 + (
            self.utc_offset(when.replace(hour=12)) - self.utc_offset(want))

    def utc_offset(self, when):
        return when.replace(tzinfo=self.zone).utcoffset().total_seconds()

    def date(self, day):
        return self.day0 + datetime.timedelta(days=day)

    def weekday(self, day):
        return self.date(day).weekday()

    def offset(self, t):
        slot = int(t // 900)
        if slot not in self.offsets:
            self.offsets[slot] = int(datetime.datetime.fromtimestamp(
                slot * 900, self.zone).utcoffset().total_seconds())
        return self.offsets[slot]

    def parts(self, t):
        """Of local time, and what is left to UTC."""
        off = self.offset(t)
        return datetime.datetime.fromtimestamp(
            t + off, datetime.timezone.utc), off

    def stamp_bsd(self, t):
        return self.parts(t)[0].strftime("%b ") + \
            self.parts(t)[0].strftime("%e %H:%M:%S")

    def stamp_iso(self, t):
        when, off = self.parts(t)
        return "%s.%06d%s%02d:%02d" % (
            when.strftime("%Y-%m-%dT%H:%M:%S"), when.microsecond,
            "-" if off < 0 else "+", abs(off) // 3600, abs(off) % 3600 // 60)

    def digits(self, t):
        return self.parts(t)[0].strftime("%Y%m%d%H%M%S")

    # Networks

    def new_isp(self, rng, name):
        """A provider: its name and the /16 networks that it has."""
        nets = []
        while len(nets) < 3:
            a, b = rng.randrange(11, 223), rng.randrange(256)
            if a not in (100, 127, 169, 172, 192, 198, 203):
                nets.append((a, b))
        return name, nets

    def new_address(self, rng, isp=None):
        a, b = rng.choice((isp or rng.choice(self.isps))[1])
        return "%d.%d.%d.%d" % (a, b, rng.randrange(256),
                                rng.randrange(1, 255))

    def six(self, rng, isp=None):
        """A host in a /64 of its own."""
        a, b = rng.choice((isp or rng.choice(self.isps))[1])
        return str(ipaddress.IPv6Address(
            (0x2a00 + a) << 112 | b << 96 | rng.getrandbits(32) << 64 |
            rng.getrandbits(60) | 1 << 60))

    def line_is_cut(self, t):
        """Is the line of the house down?"""
        return any(domain is None and since <= t < until
                   for since, until, domain in self.down)

    def stranger(self, rng, address=None):
        """A client of whom nobody has heard."""
        if address is None and rng.random() < 0.06:
            address = self.six(rng)
        if address is None:
            while True:
                a = rng.randrange(11, 223)
                if a in (100, 127, 169, 172, 192, 198, 203):
                    continue
                address = "%d.%d.%d.%d" % (
                    a, rng.randrange(256), rng.randrange(256),
                    rng.randrange(1, 255))
                if address not in self.seen:
                    break
        self.seen.add(address)
        name = "unknown" if rng.random() < 0.6 else "h%s.pool.example" % \
            address.replace(".", "-").replace(":", "-")
        return Client(address, name, rng.choice((
            "[IPv6:%s]" % address if ":" in address else "[%s]" % address,
            "win-%x" % rng.getrandbits(24), "localhost", "ylmf-pc",
            "mail%d.example" % rng.randrange(99))))

    # Domains and people outside

    def domain(self, rng):
        """A few domains take most of the mail."""
        if rng.random() < 0.35:
            return rng.choice(sorted(BIG))
        i = int(8 * (rng.paretovariate(0.7) - 1))
        return self.domains[i] if i < len(self.domains) else \
            rng.choice(self.domains)

    def outsider(self, rng):
        return "%s.%s%d@%s" % (rng.choice(FIRST), rng.choice(LAST),
                               rng.randrange(60), self.domain(rng))

    def victim(self, rng):
        """An address of a spammer's list."""
        return "%s%s%d@%s" % (rng.choice(FIRST), rng.choice(LAST)[:3],
                              rng.randrange(2000), self.domain(rng))

    def mx(self, domain):
        if domain in BIG:
            name = BIG[domain][0]
        else:
            name = "mx.%s" % domain
        h = zlib.crc32(name.encode())
        return name, "%d.%d.%d.%d" % (
            20 + h % 60, h >> 8 & 255, h >> 16 & 255, 1 + (h >> 24) % 254)

    def server(self, domain, rng=None):
        """A mail server out there as a client of ours; large ones are many."""
        name, address = self.mx(domain)
        name = name.replace("mx.", "out.", 1)
        if rng and domain in BIG:
            n = rng.randrange(120)
            head = address.split(".")[:2]
            address = "%s.%s.%d.%d" % (*head, n % 3, n + 1)
            name = "out-%d.%s" % (n, domain)
        return Client(address, name, name)

    def trait(self, domain, share, what):
        """Whether it is one of the domains that have this trait."""
        return zlib.crc32((what + domain).encode()) % 1000 < share * 1000

    # What becomes of mail

    def is_local(self, address):
        return address.rpartition("@")[2] in self.local

    def class_of(self, how, recipient):
        """What a pair is meant to be; None for one that is never counted."""
        domain = recipient.rpartition("@")[2]
        if recipient in self.forwards:
            return None
        if domain in self.local:
            return "inbound"
        if domain in self.relayed:
            return "relay_domain"
        return {"stranger": "open_relay", "login": "authenticated_relay",
                "trusted": "authorised_relay", "local": "local_submission",
                }[how]

    def tries(self, mta, t, sender, recipient, fate, mid):
        """The attempts at one recipient, the last of which is final.

        `fate` says what is special of it, or gives that when it is called:
        ("bounced", dsn, text) or ("held", times, dsn, text); see said().
        """
        rng, domain = mta.rng, recipient.rpartition("@")[2]
        if domain in self.local:
            target = self.forwards.get(recipient)
            if target:
                return [mta.forward(t, sender, recipient, target, mid)]
            return [self.local_try(mta, rng, recipient)]
        name, address = self.mx(domain)
        relay = "%s[%s]:25" % (name, address)
        program = "relay/smtp" if domain in self.relayed else "smtp"
        after = rng.lognormvariate(0.1, 0.7)
        if callable(fate):
            fate = fate(rng, domain, t)
        if fate is None and self.listed:
            fate = self.listed(mta, rng, domain, t)
        if fate is None and "typo" in domain:
            return [Try(after, program, "none", "5.4.4", "bounced",
                        "Host or domain name not found. Name service error "
                        "for name=%s type=AAAA: Host not found" % domain)]
        if fate and fate[0] == "bounced":
            return [Try(after, program, relay, fate[1], "bounced",
                        fate[2].replace("{host}", "host %s[%s]" % (
                            name, address)))]
        ok = Try(after, program, relay, "2.0.0", "sent",
                 self.accepted(rng, domain, mid))
        if fate and fate[0] == "held":
            _, n, dsn, text = fate
            return self.again(rng, ok, n, lambda: Try(
                0, program, relay, dsn, "deferred", text.replace(
                    "{host}", "host %s[%s]" % (name, address))))
        until = max([b for a, b, which in self.down
                     if a <= t < b and which in (None, domain)], default=0)
        # some servers are never there; a day later the mail goes back
        dead = domain not in BIG and self.trait(domain, 0.006, "dead")
        if until or dead:
            n = 1
            while t + self.pause(n - 1) < (t + DAY if dead else until):
                n += 1
            text = "connect to %s[%s]:25: %s" % (name, address, TIMED_OUT)
            tries = self.again(rng, ok, n, lambda: Try(
                0, program, "none", "4.4.1", "deferred", text))
            return tries[:-1] if dead else tries
        if self.trait(domain, 0.06, "grey") and (
                sender, domain) not in self.seen:
            self.seen.add((sender, domain))
            return self.again(rng, ok, 1, lambda: Try(
                0, program, relay, "4.2.0", "deferred", "host %s[%s] said: "
                "450 4.2.0 <%s>: Recipient address rejected: Greylisted, see "
                "http://postgrey.example/help (in reply to RCPT TO command)"
                % (name, address, recipient)))
        if rng.random() < 0.004:
            return [Try(after, program, relay, "5.1.1", "bounced",
                        "host %s[%s] said: 550 5.1.1 <%s>: Recipient address "
                        "rejected: User unknown in virtual mailbox table (in "
                        "reply to RCPT TO command)" % (
                            name, address, recipient))]
        return [ok]

    def pause(self, n):
        """When the nth further attempt is made."""
        return RETRIES[n] if n < len(RETRIES) else \
            RETRIES[-1] + 4000 * (n - len(RETRIES) + 1)

    def again(self, rng, ok, n, failed):
        """Failed n times, and then well."""
        out = []
        for i in range(n):
            x = failed()
            took = CONNECT if TIMED_OUT in x.text else 0.3
            out.append(x._replace(
                after=(self.pause(i - 1) if i else 0) + took +
                rng.uniform(0, 1.7)))
        return out + [ok._replace(after=(self.pause(n - 1) if n else 0) +
                                  rng.uniform(0.3, 3))]

    def accepted(self, rng, domain, mid):
        form = BIG[domain][1] if domain in BIG else STYLES[
            zlib.crc32(domain.encode()) % len(STYLES)]
        return "250 " + form.format(
            n=rng.randrange(10 ** 9, 2 * 10 ** 9), mid=mid,
            h="%012X" % rng.getrandbits(48))

    def local_try(self, mta, rng, recipient):
        after = rng.uniform(0.05, 0.6)
        relay = "%s[private/dovecot-lmtp]" % mta.domain
        if zlib.crc32(mta.host.encode()) % 2 == 0:
            return Try(after, "virtual", "virtual", "2.0.0", "sent",
                       "delivered to maildir")
        if rng.random() < 0.001:
            return Try(after, "lmtp", relay, "5.2.2", "bounced", "host %s said"
                       ": 552 5.2.2 <%s> Quota exceeded (mailbox for user is "
                       "full) (in reply to end of DATA command)" % (
                           relay, recipient))
        return Try(after, "lmtp", relay, "2.0.0", "sent",
                   "250 2.0.0 <%s> %016x:%d Saved" % (
                       recipient, rng.getrandbits(64), rng.randrange(9)))
