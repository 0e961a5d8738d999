# SPDX-License-Identifier: Apache-2.0
"""A plain SMTP content filter of the mail host.

	filter.py LISTEN NEXT [xforward] [slow] [amavis] [each]

Takes mail on 127.0.0.1:LISTEN and hands it in again at 127.0.0.1:NEXT before
it answers, so that the answer carries the new queue id.

	xforward  pass the XFORWARD attributes on
	slow      answer late: the child is delivered and removed by then
	amavis    answer in amavisd's words
	each      one copy for each recipient; the answer names the last

It serves as an after-queue filter and, command answers being passed back, as
a before-queue one (smtpd_proxy_filter).
"""
import socket
import socketserver
import sys
import time

LISTEN, NEXT = int(sys.argv[1]), int(sys.argv[2])
MODES = set(sys.argv[3:])


class Upstream:
    def __init__(self):
        self.sock = socket.create_connection(("127.0.0.1", NEXT), 30)
        self.file = self.sock.makefile("rb")
        self.answer()
        self.say(b"EHLO filter.localhost")

    def answer(self):
        while True:
            line = self.file.readline()
            if not line:
                raise OSError("next hop is gone")
            if line[3:4] != b"-":
                return line.rstrip()

    def say(self, line):
        self.sock.sendall(line + b"\r\n")
        return self.answer()

    def pass_on(self, xforward, mail, rcpts, data):
        for line in xforward:
            self.say(line)
        answer = self.say(mail)
        for rcpt in rcpts:
            answer = self.say(rcpt)
            if not answer.startswith(b"2"):
                self.say(b"RSET")
                return answer
        self.say(b"DATA")
        self.sock.sendall(data)
        return self.answer()


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text + b"\r\n")

    def read_data(self):
        data = []
        while True:
            line = self.rfile.readline()
            if not line:
                raise OSError("client is gone")
            data.append(line)
            if line == b".\r\n":
                return b"".join(data)

    def take(self):
        """The message is here: pass it on, then answer."""
        groups = [[r] for r in self.rcpts] if "each" in MODES \
            else [self.rcpts]
        forward = self.xforward if "xforward" in MODES else []
        for rcpts in groups:
            answer = Upstream().pass_on(forward, self.mail, rcpts, self.data)
        if "slow" in MODES:
            time.sleep(0.3)
        if "amavis" in MODES and answer.startswith(b"2"):
            answer = b"250 2.0.0 from MTA(smtp:[127.0.0.1]:%d): %s" % (
                NEXT, answer)
        self.say(answer)

    def handle(self):
        try:
            self.converse()
        except OSError:
            pass

    def converse(self):
        self.xforward, self.mail, self.rcpts = [], b"", []
        self.say(b"220 filter ESMTP")
        while True:
            line = self.rfile.readline().rstrip(b"\r\n")
            verb = line[:4].upper()
            if verb in (b"", b"QUIT"):
                self.say(b"221 2.0.0 Bye")
                return
            if verb == b"EHLO":
                self.wfile.write(
                    b"250-filter\r\n250-8BITMIME\r\n250-DSN\r\n"
                    b"250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE"
                    b"\r\n")
                continue
            if verb == b"XFOR":
                self.xforward.append(line)
            elif verb in (b"MAIL", b"RSET"):
                self.mail, self.rcpts = line, []
            elif verb == b"RCPT":
                self.rcpts.append(line)
            elif verb == b"DATA":
                self.say(b"354 go ahead")
                self.data = self.read_data()
                self.take()
                self.xforward, self.rcpts = [], []
                continue
            self.say(b"250 2.0.0 Ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("127.0.0.1", LISTEN), Session).serve_forever()
