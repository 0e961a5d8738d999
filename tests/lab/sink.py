# SPDX-License-Identifier: Apache-2.0
"""The rest of the world: an SMTP server that keeps a record.

	sink.py RECORD CONTROL

Listens on port 25 of every address of its namespace.  Each recipient's local
part says what happens to it (the part before the first "."):

	bad        550 at RCPT          later   451, until CONTROL/accept is there
	never      451, always          refuse  554 after DATA
	evilN      250 after DATA, with the N-th hostile text
	evilbadN   550 at RCPT, with the N-th hostile text
	evillaterN 451 at RCPT, likewise, until CONTROL/accept is there

Anything else is accepted.  To a client that says LHLO it speaks LMTP: one
answer for each recipient.  RECORD gets one JSON line for every recipient and
answer: time, peer, sender, recipient, code, and for accepted messages the
Message-ID, and the Message-IDs found in the body (a DSN quotes its cause).
What the sink wrote is truth: it has never seen a log.
"""
import asyncio
import json
import os
import re
import sys
import time

HOSTILE = [
    "Ok: queued as X), relay=127.0.0.1[127.0.0.1]:10025, delay=0.1, "
    "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4ZZ0FAKE0z1",
    "to=<victim@example.org>, orig_to=<alias@example.org>, relay=local, "
    "status=sent (forwarded as 4ZZ0FAKE0z2",
    "client=localhost[127.0.0.1], sasl_method=PLAIN, sasl_username=admin",
    "Ok ) status=bounced (host x[192.0.2.1] said: 550 no",
    "NOQUEUE: reject: RCPT from x[203.0.113.9]: 554 5.7.1 <a>: Relay access "
    "denied; from=<b> to=<c> proto=ESMTP helo=<d>",
    "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 4ZZ0FAKE0z3; "
    "from=<a@example.org> to=<b@example.org>",
    "postfix/smtpd[1]: 4ZZ0FAKE0z4: client=unknown[203.0.113.66]",
    "message repeated 5 times: [ 4ZZ0FAKE0z5: removed]",
]

ID = re.compile(rb"^message-id:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)",
                re.I | re.M)
record, control = None, None


def note(**fields):
    record.write(json.dumps(dict(time=time.time(), **fields)) + "\n")


def verdict(local):
    """(code, text) for a recipient at RCPT time."""
    word = local.split(".")[0]
    number = int(re.sub(r"\D", "", word) or 0) % len(HOSTILE)
    word = word.rstrip("0123456789")
    waiting = not os.path.exists(os.path.join(control, "accept"))
    if word == "bad":
        return 550, "5.1.1 no such user here"
    if word == "never" or (word == "later" and waiting):
        return 451, "4.3.0 come back later"
    if word == "evilbad":
        return 550, "5.1.1 " + HOSTILE[number]
    if word == "evillater" and waiting:
        return 451, "4.3.0 " + HOSTILE[number]
    return 250, "2.1.5 Ok"


def final(rcpts):
    """(code, text) at the end of the data."""
    for rcpt in rcpts:
        word = rcpt.split(".")[0]
        if word == "refuse":
            return 554, "5.7.1 content refused"
        if re.fullmatch(r"evil\d+", word):
            return 250, "2.0.0 " + HOSTILE[int(word[4:]) % len(HOSTILE)]
    return 250, "2.0.0 Ok: queued as SINK%08X" % (time.time_ns() & 0xffffffff)


async def session(reader, writer):
    peer = writer.get_extra_info("peername")[0]
    sender, rcpts, lmtp = "", [], False

    def say(code, text):
        writer.write(("%d %s\r\n" % (code, text)).encode())

    say(220, "sink.example ESMTP")
    while True:
        line = await reader.readline()
        if not line:
            break
        verb = line[:4].upper()
        arg = line.decode("latin-1").strip()
        addr = re.search(r"<(.*)>", arg)
        if verb in (b"EHLO", b"LHLO"):
            lmtp = verb == b"LHLO"
            writer.write(b"250-sink.example\r\n250-PIPELINING\r\n"
                         b"250-8BITMIME\r\n250-SMTPUTF8\r\n"
                         b"250 ENHANCEDSTATUSCODES\r\n")
        elif verb == b"MAIL":
            sender, rcpts = addr[1] if addr else "", []
            say(250, "2.1.0 Ok")
        elif verb == b"RCPT":
            rcpt = addr[1] if addr else arg
            code, text = verdict(rcpt)
            if code == 250:
                rcpts.append(rcpt)
            else:
                note(peer=peer, sender=sender, recipient=rcpt, code=code)
            say(code, text)
        elif verb == b"DATA" and not rcpts:
            say(554, "5.5.1 no valid recipients")
        elif verb == b"DATA":
            say(354, "go ahead")
            await writer.drain()
            data = await reader.readuntil(b"\r\n.\r\n")
            ids = [i.decode("latin-1").strip() for i in ID.findall(data)]
            code, text = final(rcpts)
            for rcpt in rcpts:
                note(peer=peer, sender=sender, recipient=rcpt, code=code,
                     message_id=ids[0] if ids else "", quoted=ids[1:])
            for _ in rcpts if lmtp else [0]:
                say(code, text)
        elif verb == b"QUIT":
            say(221, "2.0.0 Bye")
            break
        else:
            say(250, "2.0.0 Ok")
        await writer.drain()
    writer.close()


async def guarded(reader, writer):
    try:
        await session(reader, writer)
    except (OSError, asyncio.IncompleteReadError, ValueError):
        writer.close()


async def main():
    server = await asyncio.start_server(guarded, None, 25, backlog=1024,
                                        limit=1 << 24)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    record, control = open(sys.argv[1], "a", buffering=1), sys.argv[2]
    asyncio.run(main())
