# SPDX-License-Identifier: Apache-2.0
"""An SMTP client that says exactly what it is told to and keeps the answers.

smtplib quotes, checks and repairs; the lab must be able to be rude.
"""
import base64
import re
import socket
import ssl

import netns

QUEUED = re.compile(r"queued as (\w+)")


class Refused(Exception):
    """The server said no to something that was needed to go on."""


class Client:
    def __init__(self, source, target, port=25, helo=None, tls=None,
                 timeout=60, hail=None):
        self.source = source
        self.user = None
        self.sock = netns.connect(source, target, port, timeout)
        self.file = None
        if hail:
            self.sock.sendall(hail.encode() + b"\r\n")
        if tls == "wrap":
            self._tls()
        else:
            self.file = self.sock.makefile("rb")
        self.banner = self._answer()
        self.helo = "client.example" if helo is None else helo
        self.hello()
        if tls == "starttls":
            self.must("STARTTLS")
            self._tls()
            self.hello()

    def _tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)
        self.file = self.sock.makefile("rb")

    def _answer(self):
        text = []
        while True:
            line = self.file.readline(8192).decode("latin-1")
            if not line:
                raise Refused("connection closed")
            text.append(line[4:].rstrip("\r\n"))
            if line[3:4] != "-":
                return int(line[:3]), " / ".join(text)

    def say(self, line):
        """One command, one answer: (code, text)."""
        if isinstance(line, str):
            line = line.encode()
        self.sock.sendall(line + b"\r\n")
        return self._answer()

    def must(self, line):
        code, text = self.say(line)
        if code >= 400:
            raise Refused("%s: %d %s" % (line, code, text))
        return text

    def hello(self):
        code, text = self.say("EHLO " + self.helo)
        if code >= 400:
            code, text = self.say("HELO " + self.helo)
        return code, text

    def auth(self, user, password, mechanism="PLAIN"):
        if mechanism == "LOGIN":
            self.say("AUTH LOGIN")
            self.say(base64.b64encode(user.encode()))
            answer = self.say(base64.b64encode(password.encode()))
        else:
            token = "\0%s\0%s" % (user, password)
            answer = self.say(b"AUTH PLAIN " +
                              base64.b64encode(token.encode()))
        if answer[0] == 235:
            self.user = user
        return answer

    def mail(self, sender, rcpts, data, mail_args="", rcpt_args=""):
        """One transaction.  Returns the answers to MAIL, to each RCPT, and
        to the data (None if it was not asked for)."""
        mail = self.say("MAIL FROM:<%s>%s" % (sender, mail_args))
        if mail[0] >= 400:
            return mail, [], None
        answers = [self.say("RCPT TO:<%s>%s" % (r, rcpt_args))
                   for r in rcpts]
        if not any(code < 300 for code, _ in answers):
            self.say("RSET")
            return mail, answers, None
        code, text = self.say("DATA")
        if code != 354:
            return mail, answers, (code, text)
        body = re.sub(rb"(?m)^\.", b"..", data.encode())
        self.sock.sendall(body.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        return mail, answers, self._answer()

    def quit(self):
        try:
            self.say("QUIT")
        except (OSError, Refused):
            pass
        self.drop()

    def drop(self):
        """Leave without a word."""
        try:
            self.file.close()
            self.sock.close()
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quit()


def queue_id(text):
    found = QUEUED.search(text or "")
    return found[1] if found else None


def port_is_open(address, port):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False
