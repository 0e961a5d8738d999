# SPDX-License-Identifier: Apache-2.0
"""A day of an ordinary mail host: 5,000 messages, nothing to raise."""
import concurrent.futures
import random

from scenarios import scenario
from scenario_basic import SUBMIT
from scenario_forward import FORWARDS, configuration
from world import run

GROUPS = 288                # one each five minutes of the day
MESSAGES = 5200
NEWSLETTER = (126, 134)     # groups: half past ten to ten past eleven
LETTERS = 900
OUTAGE = (150, 170)         # a provider is down ...
FLUSH = 180                 # ... and its mail is flushed at three
PEOPLE = ["alice", "bob@example.org", "carol"]


def busy(group):
    """How busy an office is at that time of day."""
    hour = group * 24 / GROUPS
    return 1.0 if hour < 6 or hour > 21 else 4.0 if 8 < hour < 18 else 2.0


def jobs(lab, rng):
    """For each group the list of calls that send its messages."""
    plan = [[] for _ in range(GROUPS)]
    for i in range(LETTERS):
        group = NEWSLETTER[0] + i * (NEWSLETTER[1] - NEWSLETTER[0]) // LETTERS
        plan[group].append(lambda i=i: lab.send(
            "10.20.0.60", "news@example.org", "reader%d@%s" % (
                i, rng.choice(["far.example", "big.example",
                               "post.example"]))))
    weights = [busy(g) for g in range(GROUPS)]
    for group in rng.choices(range(GROUPS), weights, k=MESSAGES - LETTERS):
        plan[group].append(ordinary(lab, rng, group))
    for group in range(0, GROUPS, 12):
        plan[group].append(lambda: typo(lab))
    return plan


def outsider(rng):
    return rng.choice(["198.51.100.%d" % rng.randint(1, 199),
                       "203.0.113.%d" % rng.randint(1, 199),
                       "2001:db8:bad:%x::25" % rng.randint(1, 400)])


def ordinary(lab, rng, group):
    """One message as an office has them."""
    kind, person = rng.random(), rng.choice(PEOPLE)
    source, number = outsider(rng), rng.randint(1, 300)
    friend = "friend%d@%s" % (number, rng.choice(
        ["far.example", "big.example", "post.example"]))
    if OUTAGE[0] <= group < OUTAGE[1] and rng.random() < 0.3:
        friend = "later.%d@far.example" % number
    if kind < 0.55:
        rcpt = rng.choice(["alice@example.org", "bob@example.org",
                           "carol@example.org", "soprano@choir.example",
                           "alto@choir.example"])
        return lambda: lab.send(source, friend, rcpt)
    if kind < 0.75:
        port = rng.choice([587, 465])
        return lambda: lab.send(source, person.split("@")[0] +
                                "@example.org", friend, user=person,
                                port=port)
    if kind < 0.80:
        return lambda: lab.send("10.20.0.%d" % (50 + number % 10),
                                "printer@example.org", friend)
    if kind < 0.85:
        return lambda: lab.submit("webapp", None, friend)
    if kind < 0.91:
        return lambda: lab.send(source, friend,
                                "p%d@backup.example.net" % number)
    if kind < 0.97:
        rcpt = rng.choice(["fwd@example.org", "office@example.org",
                           "info@alias.example", "team@example.org",
                           "dave@example.org", "sales@alias.example"])
        return lambda: lab.send(source, friend, rcpt, finals=FORWARDS)
    if kind < 0.99:
        return lambda: lab.send(source, friend, "ghost@example.org")
    return lambda: lab.send("10.20.0.50", "alice@example.org",
                            "bad.%d@far.example" % number)


def typo(lab):
    """Somebody mistypes a password once."""
    with lab.connect("203.0.113.77", 587) as client:
        client.auth("alice", "wrong")
        client.auth("alice", "correct horse")


@scenario("trad", stretch=True)
def day(lab):
    """A day of normal traffic, a newsletter, an outage and a queue flush:
    5,000 messages and more, nothing to raise.  The stamps are stretched."""
    rng = random.Random(20)
    lab.dovecot(PEOPLE)
    lab.postfix(ports=SUBMIT, **configuration(
        lab, queue_run_delay="300s", minimal_backoff_time="300s",
        maximal_backoff_time="4000s"))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for group, calls in enumerate(jobs(lab, rng)):
            if group == FLUSH:
                lab.accept_later()
                lab.instances[0].flush()
            for future in [pool.submit(call) for call in calls]:
                future.result()
            lab.idle(step=0.03)
            run("logger", "-p", "mail.info", "-t", "lab", "group")
    lab.idle(deferred_too=True)
