# SPDX-License-Identifier: Apache-2.0
"""Steady load on a running mail host, from a process of its own.

	load.py OUT SECONDS MESSAGES RELAYS PORT[,PORT...] [QUIET]

For SECONDS it sends MESSAGES a second of normal traffic (a message is about
seven log lines) and, evenly over that time, RELAYS open relays, each from a
/24 or /64 of its own, to the PORTs in turn, none in the first QUIET seconds.
OUT gets a JSON line for each
message: what was sent, from where, and when the server said 250.
"""
import itertools
import json
import queue
import sys
import threading
import time

from smtp import Client, Refused, queue_id
from world import HOST4, HOST6

FRIENDS = ["198.51.100.%d" % n for n in range(10, 60)] + \
    ["203.0.113.%d" % n for n in range(10, 60)]
TEXT = "Subject: load\nMessage-ID: %s\n\nhello\n"


def relay_source(n):
    """A client network for each number."""
    if n % 2:
        return "2001:db8:bad:%x::1" % (n + 0x100)
    return "198.%d.%d.7" % (18 + (n // 512), n // 2 % 256)


def normal(n):
    """(source, sender, recipient) of the n-th normal message."""
    friend = "friend%d@far.example" % (n % 97)
    if n % 4 == 0:
        return "10.20.0.%d" % (50 + n % 10), "alice@example.org", friend
    rcpt = ("bob@example.org", "soprano@choir.example",
            "p%d@backup.example.net" % (n % 50))[n % 3]
    return FRIENDS[n % len(FRIENDS)], friend, rcpt


def send(job):
    kind, n, port, source, sender, rcpt = job
    mid = "<%s.%d@load.example>" % (kind, n)
    client = Client(source, HOST6 if ":" in source else HOST4, port)
    _, answers, end = client.mail(sender, [rcpt], TEXT % mid)
    at = time.time()
    client.quit()
    return dict(kind=kind, n=n, port=port, client_address=source, at=at,
                sender=sender, recipient=rcpt, message_id=mid,
                code=end[0] if end else answers[0][0],
                queue_id=queue_id(end[1]) if end else None)


def work(jobs, out, lock):
    while True:
        job = jobs.get()
        if job is None:
            return
        try:
            done = send(job)
        except (OSError, Refused) as why:
            done = dict(kind="failed", why=str(why))
        with lock:
            out.write(json.dumps(done) + "\n")


def schedule(seconds, rate, relays, ports, quiet):
    """(when, job) in order of time."""
    plan = [(i / rate, ("normal", i, 25, *normal(i)))
            for i in range(int(seconds * rate))]
    plan += [(quiet + (i + 0.5) * (seconds - quiet) / relays,
              ("relay", i, port, relay_source(i), "x@spam.example",
               "v%d@far.example" % i))
             for i, port in zip(range(relays), itertools.cycle(ports))]
    return sorted(plan)


def main():
    out = open(sys.argv[1], "w", buffering=1)
    seconds, rate, relays = (float(a) for a in sys.argv[2:5])
    ports = [int(p) for p in sys.argv[5].split(",")]
    quiet = float(sys.argv[6]) if len(sys.argv) > 6 else 0
    jobs, lock = queue.Queue(), threading.Lock()
    workers = [threading.Thread(target=work, args=(jobs, out, lock))
               for _ in range(8)]
    for w in workers:
        w.start()
    begin = time.monotonic()
    for when, job in schedule(seconds, rate, int(relays), ports,
                              quiet):
        time.sleep(max(0, begin + when - time.monotonic()))
        jobs.put(job)
    for _ in workers:
        jobs.put(None)
    for w in workers:
        w.join()


if __name__ == "__main__":
    main()
