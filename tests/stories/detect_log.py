# SPDX-License-Identifier: Apache-2.0
"""Two weeks of ordinary mail of a small host, as Postfix logs it, and what
else a story adds.  Nothing is left to chance: the same calls give the same
log.  Addresses outside are of 240.0.0.0/4, which is nobody's."""
import datetime
import itertools

BEGIN = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
DAYS = 14
HOUR, DAY = 3600.0, 86400.0
# When the abuse begins: a Monday at ten.
NOW = DAYS * DAY + 10 * HOUR
USERS = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"]
POLICY = """; made by detect_log.py
[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/16
local-domains = example.org
relay-domains = backup.example.net
"""


def home(user):
    """Where a user logs in from."""
    return "240.%d.0.7" % (USERS.index(user) + 1)


class Log:
    def __init__(self, tls=True):
        self.lines, self.n, self.tls = [], itertools.count(1), tls

    def put(self, t, program, text, pid):
        self.lines.append((t, len(self.lines), program, pid, text))

    def session(self, t, client, name="unknown", tls=False):
        pid = 1000 + next(self.n)
        self.put(t, "smtpd", "connect from %s[%s]" % (name, client), pid)
        if tls and self.tls:
            self.put(t + .01, "smtpd", "Anonymous TLS connection established "
                     "from %s[%s]: TLSv1.3 with cipher "
                     "TLS_AES_256_GCM_SHA384 (256/256 bits)" % (name, client),
                     pid)
        return pid

    def over(self, t, client, pid, name="unknown"):
        self.put(t, "smtpd", "disconnect from %s[%s] ehlo=1 mail=1 quit=1 "
                 "commands=3" % (name, client), pid)

    def mail(self, t, client, sender, rcpts, login=None, tls=None,
             status="sent", dsn="2.0.0", reply="250 2.0.0 Ok: queued"):
        """One message over SMTP; status and reply are of all recipients."""
        pid = self.session(t, client, tls=bool(login) if tls is None else tls)
        qid = "%X" % (0xa000000 + next(self.n))
        auth = ", sasl_method=PLAIN, sasl_username=" + login if login else ""
        self.put(t + .1, "smtpd", "%s: client=unknown[%s]%s" % (
            qid, client, auth), pid)
        self.rest(t + .2, qid, sender, rcpts, status, dsn, reply)
        self.over(t + .4, client, pid)

    def local(self, t, uid, sender, rcpts, **kw):
        qid = "%X" % (0xa000000 + next(self.n))
        self.put(t, "pickup", "%s: uid=%d from=<%s>" % (qid, uid, sender), 70)
        self.rest(t + .1, qid, sender, rcpts, **kw)

    def rest(self, t, qid, sender, rcpts, status="sent", dsn="2.0.0",
             reply="250 2.0.0 Ok: queued"):
        rcpts = [rcpts] if isinstance(rcpts, str) else rcpts
        self.put(t, "cleanup", "%s: message-id=<%s@mua.example>" % (qid, qid),
                 80)
        self.put(t + .01, "qmgr", "%s: from=<%s>, size=1234, nrcpt=%d (queue "
                 "active)" % (qid, sender, len(rcpts)), 90)
        for rcpt in rcpts:
            ours = rcpt.endswith("@example.org")
            domain = rcpt.partition("@")[2]
            self.put(t + .1, "local" if ours else "smtp",
                     "%s: to=<%s>, relay=%s, delay=0.2, delays=0.1/0/0/0.1, "
                     "dsn=%s, status=%s (%s)" % (
                         qid, rcpt, "local" if ours else
                         "mx.%s[240.9.9.9]:25" % domain,
                         "2.0.0" if ours else dsn, "sent" if ours else status,
                         "delivered to mailbox" if ours else reply), 100)
        if status != "deferred":
            self.put(t + .2, "qmgr", "%s: removed" % qid, 90)

    def refuse(self, t, client, sender, rcpt, text, helo="x.example"):
        pid = self.session(t, client)
        self.put(t + .1, "smtpd", "NOQUEUE: reject: RCPT from unknown[%s]: "
                 "%s; from=<%s> to=<%s> proto=ESMTP helo=<%s>" % (
                     client, text % rcpt, sender, rcpt, helo), pid)
        self.over(t + .2, client, pid)

    def denied(self, t, client, sender, rcpt):
        self.refuse(t, client, sender, rcpt,
                    "554 5.7.1 <%s>: Relay access denied")

    def no_user(self, t, client, sender, rcpt, helo="x.example"):
        self.refuse(t, client, sender, rcpt, "550 5.1.1 <%s>: Recipient "
                    "address rejected: User unknown in local recipient table",
                    helo)

    def no_login(self, t, client, user):
        pid = self.session(t, client)
        self.put(t + .1, "smtpd", "warning: unknown[%s]: SASL PLAIN "
                 "authentication failed: (reason unavailable), "
                 "sasl_username=%s" % (client, user), pid)
        self.over(t + .2, client, pid)

    def usual(self, days=DAYS):
        """What a host of eight people sees: each writes to five people he
        knows, newsletters come, machines report."""
        for day in range(days):
            weekday = day % 7 < 5
            for i, user in enumerate(USERS):
                for k in range(8 if weekday else 1):
                    t = day * DAY + (8 + (k * 7 + i * 3 + day) % 10) * HOUR + \
                        (i * 397 + k * 811 + day * 131) % 3500
                    self.mail(t, home(user), user + "@example.org",
                              ["%s%d@far.example" % (user, (k + day) % 5)],
                              login=user)
                    self.mail(t + 60, "240.100.%d.25" % (k + i),
                              "news%d@shop%d.example" % (k, i),
                              user + "@example.org", tls=True)
            for k in range(6):
                t = day * DAY + (3 * k + 1) * HOUR
                self.mail(t, "10.20.0.50", "scan@example.org",
                          "office%d@far.example" % (k % 3))
                self.local(t + 300, 33, "www@example.org",
                           "customer%d@far.example" % (k % 4))
            self.mail(day * DAY + 7 * HOUR, "10.20.0.51", "list@example.org",
                      ["reader%d@big.example" % n for n in range(4)])
            self.mail(day * DAY + 11 * HOUR, home("bob"), "bob@example.org",
                      "gone%d@far.example" % (day % 3), login="bob",
                      status="bounced", dsn="5.1.1",
                      reply="host mx.far.example said: 550 5.1.1 User unknown")
            self.mail(day * DAY + 12 * HOUR, "240.101.0.25", "",
                      "bob@example.org")
            self.no_user(day * DAY + 13 * HOUR, "240.102.%d.9" % day,
                         "x@spam.example", "info%d@example.org" % day)
            self.denied(day * DAY + 14 * HOUR, "240.103.%d.9" % day,
                        "x@spam.example", "probe@far.example")
            self.no_login(day * DAY + 15 * HOUR, home("alice"), "alice")

    def text(self):
        out = []
        for t, _, program, pid, text in sorted(self.lines):
            stamp = BEGIN + datetime.timedelta(seconds=t)
            out.append("%s mx1 postfix/%s[%d]: %s\n" % (
                stamp.isoformat(timespec="microseconds"), program, pid, text))
        return "".join(out)
