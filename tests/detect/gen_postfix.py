# SPDX-License-Identifier: Apache-2.0
"""What Postfix writes about a session, a message and its deliveries.

The behaviours of people and abusers (gen_people, gen_odd, gen_incidents) say
what happened; this file alone knows the wording of the lines.  It also counts
what every pair of message and recipient is meant to be: the counts come from
the intent, never from reading the lines again.
"""
import collections
import heapq
import zlib

# Postfix's alphabet for long queue ids (src/global/mail_queue.h).
SAFE = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
# When a deferred message is tried again: the pause doubles from 300 to 4000 s.
RETRIES = (300, 900, 2100, 4500, 8500)
# Who does not answer is waited for, smtp_connect_timeout.
CONNECT, TIMED_OUT = 30, "Connection timed out"

Client = collections.namedtuple("Client", "address name helo")
# One attempt at one recipient: seconds after arrival, then the line's fields.
Try = collections.namedtuple("Try", "after program relay dsn status text")


def based(n, base, width):
    out = ""
    while n or len(out) < width:
        n, digit = divmod(n, base)
        out = SAFE[digit] + out
    return out


def waited(x):
    return CONNECT if TIMED_OUT in x.text else 0


class Log:
    """All lines of one mail system, in the order they were thought of."""

    def __init__(self, world):
        self.world = world
        self.lines = []
        self.sessions = []
        self.want = collections.Counter()

    def add(self, t, host, program, pid, text):
        self.lines.append((t, len(self.lines), host, program, pid, text))

    def open_session(self, start, end, host, service):
        """A number that stands for a process until all are known."""
        self.sessions.append((start, end, host, service))
        return -len(self.sessions)

    def processes(self):
        """A process serves one client at a time, and a hundred in all."""
        free, out, n = {}, {}, 2000
        order = sorted(range(len(self.sessions)),
                       key=lambda i: self.sessions[i][0])
        for i in order:
            start, end, host, service = self.sessions[i]
            pool = free.setdefault((host, service), [])
            if pool and pool[0][0] < start:
                _, pid, used = heapq.heappop(pool)
            else:
                n += 7
                pid, used = 1000 + n % 60000, 0
            if used < 100:
                heapq.heappush(pool, (end + 0.01, pid, used + 1))
            out[-i - 1] = pid
        return out

    def write(self, path, stamp, gap=None):
        """The file, in order of time; lines within the gap were lost."""
        pids = self.processes()
        self.lines.sort()
        with open(path, "w", encoding="utf-8") as f:
            for t, _, host, program, pid, text in self.lines:
                if gap and gap[0] <= t < gap[1]:
                    continue
                f.write("%s %s postfix/%s[%d]: %s\n" % (
                    stamp(t), host, program, pids.get(pid, pid), text))


class Mta:
    """One Postfix."""

    def __init__(self, log, host, domain, rng, long_ids=False):
        self.log, self.host, self.domain, self.rng = log, host, domain, rng
        self.long_ids, self.used = long_ids, set()
        self.qmgr_pid = 700 + zlib.crc32(host.encode()) % 900

    def line(self, t, program, text, pid=None):
        if pid is None:
            pid = 3000 + zlib.crc32(
                ("%s %d" % (program, t // 5400)).encode()) % 29000
        self.log.add(t, self.host, program, pid, text)

    def qmgr(self, t, text):
        self.log.add(t, self.host, "qmgr", self.qmgr_pid, text)

    def queue_id(self, t):
        while True:
            inode = self.rng.randrange(0x20000, 0x5ffff)
            usec = int(t % 1 * 1000000)
            if self.long_ids:
                qid = (based(int(t), 52, 6) + based(usec, 52, 4) + "z" +
                       based(inode, 51, 1))
            else:
                qid = "%05X%X" % (usec, inode)
            if qid not in self.used:
                self.used.add(qid)
                return qid
            t += 0.000013

    # A session over SMTP

    def session(self, t, client, mails, login=None, how="stranger",
                service="smtpd", refused=(), pause=0.3):
        """Mails of one connection, each (sender, recipients, fate).

        Gives the arrival time of each.  `refused` holds what was answered
        to further recipients: (text, sender, recipient, class).
        """
        rng, at = self.rng, t
        times, counts = [], [0, 0, 0]
        pid = len(self.log.sessions) + 1
        pid = -pid
        self.log.sessions.append(None)
        who = "%s[%s]" % (client.name, client.address)
        self.line(at, service, "connect from " + who, pid)
        at += rng.uniform(0.02, 0.3)
        if login:
            self.log.want["auth_success"] += bool(mails)
            at += rng.uniform(0.05, 0.4)
        for text, sender, recipient, kind in refused:
            self.line(at, service, "NOQUEUE: reject: RCPT from %s: %s; "
                      "from=<%s> to=<%s> proto=ESMTP helo=<%s>" % (
                          who, text, sender, recipient, client.helo), pid)
            self.log.want[kind] += 1
            counts[0] += 1
            at += rng.uniform(0.05, 0.5)
        for sender, recipients, fate in mails:
            qid = self.queue_id(at)
            auth = ", sasl_method=%s, sasl_username=%s" % (
                "PLAIN", login) if login else ""
            self.line(at, service, "%s: client=%s%s" % (qid, who, auth), pid)
            times.append(at)
            at = self.queued(at, qid, sender, recipients,
                             how="login" if login else how, fate=fate)
            counts[1] += len(recipients)
            counts[2] += 1
            at += rng.uniform(0.2, 1.8) * pause
        at += rng.uniform(0.01, 0.2)
        n, total = counts[1], counts[0] + counts[1]
        mail = counts[2] + bool(counts[0])
        words = ["ehlo=1"] + (["auth=1"] if login else [])
        words += ["mail=%d" % mail] if mail else []
        if total:
            words.append("rcpt=%d/%d" % (n, total) if counts[0]
                         else "rcpt=%d" % n)
        words += ["data=%d" % counts[2]] if counts[2] else []
        done = 1 + bool(login) + mail + n + counts[2] + 1
        words += ["quit=1", "commands=%d" % done if not counts[0] else
                  "commands=%d/%d" % (done, done + counts[0])]
        self.line(at, service, "disconnect from %s %s" % (
            who, " ".join(words)), pid)
        self.log.sessions[-pid - 1] = (t, at, self.host, service)
        return times

    def auth_failures(self, t, client, users, service="smtpd", gap=2.0,
                      named=True):
        """Refused logins of one connection; the times of each."""
        rng, at, times = self.rng, t, []
        pid = -(len(self.log.sessions) + 1)
        self.log.sessions.append(None)
        who = "%s[%s]" % (client.name, client.address)
        self.line(at, service, "connect from " + who, pid)
        for user in users:
            at += rng.uniform(0.5, 1.5) * gap
            self.line(at, service, "warning: %s: SASL %s authentication "
                      "failed: %s" % (who, "LOGIN", (
                          "UGFzc3dvcmQ6, sasl_username=" + user) if named
                          else "UGFzc3dvcmQ6"), pid)
            self.log.want["auth_failure"] += 1
            times.append(at)
        at += rng.uniform(0.1, 0.6)
        if rng.random() < 0.5:
            self.line(at, service, "lost connection after AUTH from " + who,
                      pid)
        self.line(at + 0.001, service, "disconnect from %s ehlo=1 auth=0/%d "
                  "rset=1 quit=1 commands=3/%d" % (
                      who, len(users), 3 + len(users)), pid)
        self.log.sessions[-pid - 1] = (t, at + 0.001, self.host, service)
        return times

    def knock(self, t, client, service="smtpd"):
        """A connection that brings nothing."""
        pid = self.log.open_session(t, t + 1, self.host, service)
        who = "%s[%s]" % (client.name, client.address)
        self.line(t, service, "connect from " + who, pid)
        self.line(t + 0.8, service, "lost connection after %s from %s" % (
            self.rng.choice(("CONNECT", "EHLO", "UNKNOWN")), who), pid)
        self.line(t + 0.8002, service,
                  "disconnect from %s commands=0/0" % who, pid)

    # Mail of the host itself

    def pickup(self, t, uid, user, sender, recipients, fate=None):
        qid = self.queue_id(t)
        self.line(t, "pickup", "%s: uid=%d from=<%s>" % (qid, uid, user))
        self.queued(t, qid, sender, recipients, how="local", fate=fate)
        return t

    # What happens to a message

    def queued(self, t, qid, sender, recipients, how, fate=None):
        """cleanup, qmgr and the deliveries; when the client may go on."""
        rng, world = self.rng, self.log.world
        at = t + rng.uniform(0.02, 0.25)
        size = int(min(2e7, rng.lognormvariate(9, 1.3)) + 600)
        mid = "%08x.%06x@%s" % (rng.getrandbits(32), rng.getrandbits(24),
                                sender.rpartition("@")[2] or self.domain)
        self.line(at, "cleanup", "%s: message-id=<%s>" % (qid, mid))
        at += rng.uniform(0.005, 0.15)
        for recipient in recipients:
            kind = world.class_of(how, recipient)
            if kind:
                self.log.want[kind] += 1
        self.carry(t, at, qid, sender, recipients, size, mid, fate)
        return at

    def carry(self, t, at, qid, sender, recipients, size, mid, fate=None,
              original=None):
        """The queue manager from here on, until the message is gone."""
        rng = self.rng
        last, again, bounced, expired = at, set(), None, False
        active = "%s: from=<%s>, size=%d, nrcpt=%d (queue active)" % (
            qid, sender, size, len(recipients))
        self.qmgr(at, active)
        for recipient in recipients:
            tries = self.log.world.tries(self, at, sender, recipient, fate,
                                         mid)
            for x in tries:
                self.delivery(at + x.after, t, qid, recipient, x, original)
                last = max(last, at + x.after)
                if x.after > 60:
                    again.add(round((x.after - 1 - waited(x)) / 10) * 10)
            if tries[-1].status != "sent":
                bounced = max(bounced or 0, at + tries[-1].after)
            expired |= tries[-1].status == "deferred"
        for after in again:
            self.qmgr(at + after - 0.5, active)
        if expired:
            self.qmgr(bounced + 0.01, "%s: from=<%s>, status=expired, "
                      "returned to sender" % (qid, sender))
        if bounced and sender:
            self.notify(bounced + 0.02, qid, sender)
            last = max(last, bounced + 0.2)
        self.qmgr(last + rng.uniform(0.011, 0.02), qid + ": removed")

    def delivery(self, when, arrived, qid, recipient, x, original):
        delay = when - arrived
        spent, wait = min(delay, waited(x) + 0.9), waited(x)
        delays = "%.2g/%.2g/%.2g/%.2g" % (
            delay - spent + (spent - wait) * 0.1, 0.01,
            wait or spent * 0.4, 0 if wait else spent * 0.5)
        self.line(when, x.program, "%s: to=<%s>, %srelay=%s, delay=%s, "
                  "delays=%s, dsn=%s, status=%s (%s)" % (
                      qid, recipient,
                      "orig_to=<%s>, " % original if original else "",
                      x.relay, "%.2g" % delay if delay < 10 else "%d" % delay,
                      delays, x.dsn, x.status, x.text))

    def notify(self, t, qid, sender):
        """The non-delivery report goes to the sender."""
        new = self.queue_id(t)
        mid = "%s.%s@%s" % (self.log.world.digits(t), new, self.host)
        at = t + 0.004
        self.line(at, "cleanup", "%s: message-id=<%s>" % (new, mid))
        self.line(at + 0.003, "bounce", "%s: sender non-delivery "
                  "notification: %s" % (qid, new))
        if sender not in self.log.world.forwards:
            self.log.want["bounce"] += 1
        self.carry(t, at + 0.006, new, "", [sender],
                   self.rng.randrange(2400, 6000), mid)

    def forward(self, t, sender, address, target, mid):
        """An alias made a message of its own; what local(8) says of it."""
        new = self.queue_id(t + 0.01)
        self.line(t + 0.01, "cleanup", "%s: message-id=<%s>" % (new, mid))
        self.log.want["forwarded"] += 1
        self.carry(t + 0.01, t + 0.02, new, sender, [target],
                   self.rng.randrange(2000, 60000), mid, original=address)
        return Try(0.05, "local", "local", "2.0.0", "sent",
                   "forwarded as " + new)
