# SPDX-License-Identifier: Apache-2.0
"""The running lab, as scenarios see it: sink, logs, MTA, clients, truth."""
import itertools
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import time

import logs
import mta
import truth
import world
from smtp import Client, Refused, queue_id
from world import HERE, HOST4, HOST6, run

POLICY = """[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24
local-domains = example.org, mx1.example.org, choir.example, alias.example
relay-domains = backup.example.net
"""

RECORD = "/run/lab/sink.jsonl"
CONTROL = "/run/lab"


class World:
    """What outlives a scenario: name server and sink."""

    def __init__(self):
        os.makedirs(CONTROL, exist_ok=True)
        pathlib.Path(RECORD).touch()
        self.procs = [self._there("dns.py", world.DNS),
                      self._there("sink.py", RECORD, CONTROL)]
        logs.wait_for("the sink", lambda: self._sink_answers())

    def _there(self, program, *argv):
        return subprocess.Popen(["ip", "netns", "exec", "world",
                                 sys.executable, HERE / program, *argv])

    def _sink_answers(self):
        try:
            Client("198.51.100.1", "203.0.113.200").quit()
            return True
        except OSError:
            return False


class Lab:
    """One scenario's machinery.  Everything it starts, stop() ends."""

    def __init__(self, name, directory, policy=POLICY, repeat=False,
                 about="", others=False, maillog=None):
        self.name, self.about = name, about
        self.directory = pathlib.Path(directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.policy = policy
        self.truth = truth.Truth(name)
        self.logs = logs.Logs(self.directory, repeat, others)
        self.instances, self.auth, self.extra = [], None, []
        self.maillog = maillog
        self.count = itertools.count(1)
        self.host = {4: HOST4, 6: HOST6}

    # -- set-up -----------------------------------------------------------

    def start(self):
        self.accept_later(False)
        pathlib.Path(RECORD).write_text("")
        for root in ("/home", "/var/vmail"):
            for d in pathlib.Path(root).glob("*"):
                shutil.rmtree(d / "Maildir", ignore_errors=True)
                if root == "/var/vmail":
                    shutil.rmtree(d, ignore_errors=True)
                else:
                    (d / ".forward").unlink(missing_ok=True)
        (self.directory / "weir.conf").write_text(
            "; %s\n%s" % (self.about, self.policy))
        self.logs.start()

    def postfix(self, *args, ports=(25,), **kw):
        instance = mta.Postfix(*args, **kw)
        if self.maillog:
            instance.main["maillog_file"] = str(self.maillog)
        self.instances.append(instance)
        instance.start(ports)
        return instance

    def dovecot(self, users):
        self.auth = mta.Dovecot(users)
        self.auth.start()

    def helper(self, program, *argv):
        """A helper process of the mail host (a content filter)."""
        proc = subprocess.Popen([sys.executable, HERE / program,
                                 *map(str, argv)])
        self.extra.append(proc)
        return proc

    def stop(self):
        """End everything; used on success and on failure alike."""
        steps = [i.stop for i in self.instances]
        steps += [lambda p=p: (p.kill(), p.wait()) for p in self.extra]
        if self.auth:
            steps.append(self.auth.stop)
        if self.logs.procs:
            steps += [self.logs.flush, self.logs.stop]
        self.instances, self.extra, self.auth = [], [], None
        failed = None
        for step in steps:
            try:
                step()
            except (OSError, RuntimeError) as why:
                failed = failed or why
        if failed:
            raise failed

    def finish(self):
        """Wait for the mail, stop, and write the truth."""
        self.stop()
        self.settle()
        (self.directory / "truth.jsonl").write_text(
            "".join(line + "\n" for line in self.truth.lines()))

    def settle(self):
        self.truth.settle(truth.sink_records(RECORD),
                          truth.mailbox_records("/home", "/var/vmail"))

    def accept_later(self, yes=True):
        flag = pathlib.Path(CONTROL, "accept")
        flag.touch() if yes else flag.unlink(missing_ok=True)

    def idle(self, limit=90, deferred_too=False, step=0.1):
        """Wait until no instance has work left, then a little more: a
        message is between two instances for a moment."""
        calm = 0
        end = time.monotonic() + limit
        while calm < 3:
            busy = sum(i.queue(*(["maildrop", "incoming", "active"] +
                                 ["deferred"] * deferred_too))
                       for i in self.instances)
            calm = 0 if busy else calm + 1
            if time.monotonic() > end:
                raise RuntimeError("the queue does not empty")
            time.sleep(step)

    # -- clients ----------------------------------------------------------

    def message_id(self):
        return "<%s.%d@mua.example>" % (self.name, next(self.count))

    def text(self, mid, sender, rcpts, subject="lab", size=200):
        head = "From: <%s>\nTo: <%s>\nSubject: %s\n" % (
            sender, rcpts[0] if rcpts else "nobody", subject)
        if mid:
            head += "Message-ID: %s\n" % mid
        return head + "\n" + "The lab says hello.\n" * (1 + size // 20)

    def connect(self, source, port=25, target=None, **kw):
        tls = {587: "starttls", 465: "wrap"}.get(port)
        if target is None:
            target = self.host[6 if ":" in source else 4]
            if source.startswith("127."):
                target = "127.0.0.1"
            elif source == "::1":
                target = "::1"
        return Client(source, target, port, tls=kw.pop("tls", tls), **kw)

    def send(self, source, sender, rcpts, user=None, port=25, helo=None,
             **kw):
        """One connection, one message.  See deliver() for the rest."""
        with self.connect(source, port, helo=helo) as client:
            if user:
                code, text = client.auth(user, mta.PASSWORD)
                if code != 235:
                    raise Refused("AUTH: %d %s" % (code, text))
            return self.deliver(client, sender, rcpts, **kw)

    def deliver(self, client, sender, rcpts, mid=None, finals=None,
                classes=None, status=None, accept=None, note=None, seen=None,
                denied=None, client_address=None, **kw):
        """One message over CLIENT, and its truth.

        finals    {rcpt: [(final recipient, class), ...]} where the
                  configuration rewrites it; class None means the usual
        classes   {rcpt: class} or one class for all
        status    {rcpt: status} or one, where nothing arrives anywhere
        seen      the Message-ID as it arrives, if not as it was sent
        denied    class of refused recipients, if the answer does not tell
        """
        rcpts = [rcpts] if isinstance(rcpts, str) else rcpts
        mid = self.message_id() if mid is None else mid
        mail_args = kw.pop("mail_args", "")
        rcpt_args = kw.pop("rcpt_args", "")
        data = self.text(mid, sender, rcpts, **kw)
        mail, answers, end = client.mail(sender, rcpts, data, mail_args,
                                         rcpt_args)
        source = client_address or client.source
        if mail[0] >= 400:
            self.truth.refused(source, client.user, sender, None, *mail)
            return None
        qid = queue_id(end[1]) if end and end[0] < 300 else None
        for rcpt, (code, text) in zip(rcpts, answers):
            if code >= 300:
                self.truth.refused(source, client.user, sender, rcpt, code,
                                   text, denied)
                continue
            if end is None or end[0] >= 300:
                if end:
                    self.truth.refused(source, client.user, sender, rcpt,
                                       *end, "rejected")
                continue
            self._pairs(rcpt, finals, classes, status, dict(
                message_id=mid if seen is None else seen, queue_id=qid,
                client_address=source, sasl_username=client.user,
                sender=sender, recipient=rcpt, accept=accept, note=note))
        return qid

    def submit(self, user, sender, rcpts, mid=None, finals=None,
               classes=None, status=None, **kw):
        """sendmail(1), as a user of the mail host."""
        rcpts = [rcpts] if isinstance(rcpts, str) else rcpts
        mid = self.message_id() if mid is None else mid
        person = pwd.getpwnam(user)
        argv = ["/usr/sbin/sendmail", "-i"]
        if sender is not None:
            argv += ["-f", sender or "<>"]
        run(*argv, "--", *rcpts, user=person.pw_uid, group=person.pw_gid,
            extra_groups=[],
            input=self.text(mid, sender or user, rcpts, **kw).encode())
        sender = user + "@example.org" if sender is None else sender
        for rcpt in rcpts:
            self._pairs(rcpt, finals, classes, status, dict(
                message_id=mid, local_user=str(person.pw_uid),
                sender=sender, recipient=rcpt))

    def _pairs(self, rcpt, finals, classes, status, common):
        cls = classes.get(rcpt) if isinstance(classes, dict) else classes
        if isinstance(status, dict):
            status = status.get(rcpt)
        for final, fcls in (finals or {}).get(rcpt, [(rcpt, None)]):
            usual = self.truth.default_class(
                rcpt, common.get("client_address", ""),
                common.get("sasl_username"), common.get("local_user"))
            self.truth.add(final_recipient=final, status=status,
                           **{"class": fcls or cls or usual}, **common)
