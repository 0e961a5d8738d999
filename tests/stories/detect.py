# SPDX-License-Identifier: Apache-2.0
"""For each detector what it has to tell, and what comes near and is none.

A story adds to two ordinary weeks (detect_log.py).  It names the alert that
has to be there: detector, severity, type and text of the key, and a pattern
that the whole title has to match; or none.  Nothing else may be raised (info
apart, unless the story is about it).
"""
import functools

from detect_log import DAY, HOUR, NOW, USERS, Log, home

STORIES = {}
LISTED = ("host mx.far.example said: 550 5.7.1 Service unavailable, client "
          "host [192.0.2.25] blocked using zen.spamhaus.org")
GREY = ("host mx.far.example said: 450 4.2.0 greylisted, try again in 300 "
        "seconds")
DOWN = "connect to mx.down.example[240.9.9.1]:25: Connection timed out"
RARE = r"; usual .*: \d+ to \d+(; bursts this large: .*)?"


def story(*want, days=14, tls=True):
    """WANT: nothing, or detector, severity, key type, key, title."""
    def register(play):
        @functools.wraps(play)
        def make():
            log = Log(tls)
            log.usual(days)
            play(log)
            return log.text()
        STORIES["detect-" + play.__name__.replace("_", "-")] = (want, make)
        return play
    return register


# -- who relays -----------------------------------------------------------

@story("open-relay", "critical", "client_network", "240.50.0.0/24",
       r"Open relay: 240\.50\.0\.7 sent mail through mx1 to v@far\.example "
       r"without logging in \(accepted by mx\.far\.example\)")
def open_relay(log):
    """One message of a stranger to a stranger is taken."""
    log.mail(NOW, "240.50.0.7", "x@spam.example", "v@far.example")


@story("open-relay", "critical", "client_network", "240.50.0.0/24",
       r"Open relay: .*; 12 attempts refused before")
def open_relay_after_attempts(log):
    """It was refused a dozen times, and then taken."""
    for i in range(12):
        log.denied(NOW + 60 * i, "240.50.0.9", "x@spam.example",
                   "v%d@far.example" % i)
    log.mail(NOW + HOUR, "240.50.0.7", "x@spam.example", "v@far.example")


@story()
def open_relay_near(log):
    """A stranger's mail for us and for whom we relay."""
    for i in range(30):
        log.mail(NOW + 20 * i, "240.50.0.7", "x%d@spam.example" % (i % 3),
                 ["alice@example.org", "p%d@backup.example.net" % (i % 5)])


@story("relay-probe", "info", "client_address", "240.50.0.7",
       r"Relay attempts, all refused: 240\.50\.0\.7 tried 8 times in 1 h to "
       r"send through mx1, the last time to v7@far\.example")
def relay_probe(log):
    """A relay test of sixteen forms."""
    for i in range(16):
        log.denied(NOW + 5 * i, "240.50.0.7", "x@spam.example",
                   "v%d@far.example" % i)


@story()
def relay_probe_near(log):
    """What everybody sees each day."""
    for i in range(6):
        log.denied(NOW + 5 * i, "240.50.%d.7" % (i % 2), "x@spam.example",
                   "v%d@far.example" % i)


@story("address-collapse", "critical", "client_address", "10.20.0.65",
       r"Open relay behind 10\.20\.0\.65: strangers come through that "
       r"trusted address, and mx1 took 8 of their messages to strangers in "
       r"24 h, each with another sender")
def address_collapse(log):
    """Strangers relay through a port forwarding that hides them."""
    for i in range(15):
        log.mail(NOW + 300 * i, "10.20.0.65", "a%d@shop%d.example" % (i, i),
                 "alice@example.org")
        log.mail(NOW + 300 * i + 100, "10.20.0.65", "x%d@spam.example" % i,
                 "v%d@far.example" % i)


@story("address-collapse", "warning", "client_address", "10.20.0.65",
       r"10\.20\.0\.65 hides strangers from mx1, which trusts it: 5 machines "
       r"and logins that are not from here in 24 h; .*")
def address_collapse_early(log):
    """The same before anybody relays."""
    for i in range(7):
        log.mail(NOW + 300 * i, "10.20.0.65", "a%d@shop%d.example" % (i, i),
                 "alice@example.org")
    for i in range(6):
        log.no_user(NOW + HOUR + 60 * i, "10.20.0.65", "x@spam.example",
                    "ghost%d@example.org" % i, "pc%d.pool.example" % i)


@story("address-collapse", "info", "client_address", "10.20.0.65",
       r"10\.20\.0\.65 hands mx1 mail of 15 foreign domains in 4 d: weir sees "
       r"the gateway's address, not the clients'")
def address_collapse_gateway(log):
    """A gateway in front: mail for us only, and it refuses by itself."""
    for i in range(30):
        log.mail(NOW + 600 * i, "10.20.0.65", "a%d@shop%d.example" % (i, i),
                 "alice@example.org")


@story()
def address_collapse_near(log):
    """A server inside sends for customers whose domains we do not know, and
    a contact form writes to us under its visitors' addresses."""
    for day in range(14):
        for i in range(6):
            log.mail(day * DAY + 9 * HOUR + 900 * i, "10.20.0.53",
                     "shop@customer%d.example" % i,
                     "buyer%d@far.example" % (6 * day + i))
            if i < 2:
                log.mail(day * DAY + 10 * HOUR + 900 * i, "10.20.0.53",
                         "v%d@guest%d.example" % (day, (day + i) % 4),
                         "bob@example.org")


@story("relay-spike", "warning|critical", "client_address", "10.20.0.51",
       r"10\.20\.0\.51 sent to \d+ recipients in (5 min|1 h)" + RARE)
def relay_spike(log):
    """A server writes to the same four people, a thousand times."""
    for i in range(150):
        log.mail(NOW + 4 * i, "10.20.0.51", "list@example.org",
                 ["reader%d@big.example" % n for n in range(4)])


@story()
def relay_spike_near(log):
    """Its weekly letter: it came last week, too, and the week before."""
    for day in (0, 7):
        for i in range(40):
            log.mail(day * DAY + 10 * HOUR + 4 * i, "10.20.0.51",
                     "list@example.org",
                     ["reader%d@big.example" % n for n in range(4)])
    for i in range(30):
        log.mail(NOW + 4 * i, "10.20.0.51", "list@example.org",
                 ["reader%d@big.example" % n for n in range(4)])


@story("infected-host", "warning|critical", "client_address", "10.20.0.55",
       r"Infected machine\?: 10\.20\.0\.55 sent .*")
def infected_host(log):
    """A machine inside that never sent begins to, under strangers' names."""
    for i in range(120):
        log.mail(NOW + 10 * i, "10.20.0.55", "x%d@spam.example" % i,
                 ["v%d@far.example" % i, "w%d@big.example" % i])


@story()
def infected_host_near(log):
    """A new machine sends what a new machine sends."""
    for i in range(8):
        log.mail(NOW + 600 * i, "10.20.0.55", "backup@example.org",
                 "admin%d@far.example" % (i % 3))


@story("local-script", "warning|critical", "local_user", "33",
       r"local user 33 of mx1 sent .*")
def local_script(log):
    """A web form is abused."""
    for i in range(150):
        log.local(NOW + 5 * i, 33, "x%d@spam.example" % i,
                  "v%d@far.example" % i)


@story()
def local_script_near(log):
    """A good day of the shop."""
    for i in range(9):
        log.local(NOW + 700 * i, 33, "www@example.org",
                  "customer%d@far.example" % (i % 5))


# -- accounts -------------------------------------------------------------

@story("account-spike", "warning|critical", "sasl_username", "bob",
       r"bob sent to \d+ recipients.* in (5 min|1 h)" + RARE)
def account_spike(log):
    """From where he always is: his own machine has been taken over."""
    for i in range(80):
        log.mail(NOW + 4 * i, home("bob"), "bob@example.org",
                 ["v%d.%d@far.example" % (i, n) for n in range(5)],
                 login="bob")


@story()
def account_spike_near(log):
    """The club's letter, for the third time."""
    for day in (0, 7, 14):
        for i in range(30):
            log.mail(day * DAY + 10 * HOUR + 10 * i, home("bob"),
                     "bob@example.org",
                     ["member%d.%d@far.example" % (i, n) for n in range(5)],
                     login="bob")


@story("compromised-account", "critical", "sasl_username", "alice",
       r"Stolen account\?: alice sent .*networks.*")
def compromised_account(log):
    """From many networks at once, under foreign senders."""
    for i in range(60):
        log.mail(NOW + 20 * i, "240.%d.3.7" % (150 + i % 9),
                 "x%d@spam.example" % i, "v%d@far.example" % i,
                 login="alice")


@story("compromised-account", "warning|critical", "sasl_username", "alice",
       r"Stolen account\?: alice sent .*")
def compromised_account_guessed(log):
    """Guessed, tried out with one message, used a day later from there."""
    for i in range(4):
        log.no_login(NOW + 60 * i, "240.160.3.7", "alice")
    log.mail(NOW + 300, "240.160.3.7", "alice@example.org",
             "drop@far.example", login="alice")
    for i in range(12):
        log.mail(NOW + 20 * HOUR + 20 * i, "240.160.3.7",
                 "alice@example.org", "v%d@far.example" % i, login="alice")


@story()
def compromised_account_near(log):
    """On a journey: two new networks, a mistyped password, usual mail."""
    log.no_login(NOW, "240.160.3.7", "alice")
    for i in range(3):
        log.mail(NOW + 60 + 900 * i, "240.%d.3.7" % (160 + i % 2),
                 "alice@example.org", "alice%d@far.example" % i,
                 login="alice")


@story("slow-leak", "warning|critical", "sasl_username", "carol",
       r"Slow leak: carol sent to \d+ recipients it had not written to before "
       r"in (24 h|4 d)" + RARE)
def slow_leak(log):
    """Three new recipients an hour, day and night."""
    for i in range(90):
        log.mail(NOW + i * HOUR / 3, home("carol"), "carol@example.org",
                 "v%d@far.example" % i, login="carol")


@story()
def slow_leak_near(log):
    """A new project: a few new people."""
    for i in range(8):
        log.mail(NOW + i * 12 * HOUR, home("carol"), "carol@example.org",
                 "p%d@far.example" % i, login="carol")


@story("password-guessing", "warning", "sasl_username", "bob",
       r"Password guessing: bob had failed logins from \d+ networks in "
       r"(5 min|1 h)" + RARE)
def password_guessing(log):
    """From forty networks at one account."""
    for i in range(120):
        log.no_login(NOW + 15 * i, "240.%d.7.7" % (150 + i % 40), "bob")


@story()
def password_guessing_near(log):
    """An old password in a phone at home."""
    for i in range(80):
        log.no_login(NOW + 120 * i, home("bob"), "bob")


@story("plaintext-auth", "warning", "host", "mx1",
       r"Password in the clear: bob logged in to mx1 from 240\.2\.0\.7 "
       r"without TLS \(PLAIN\)")
def plaintext_auth(log):
    """One client was set up without TLS."""
    for i in range(3):
        log.mail(NOW + HOUR * i, home("bob"), "bob@example.org",
                 "bob1@far.example", login="bob", tls=False)


@story(tls=False)
def plaintext_auth_near(log):
    """A log that does not tell of TLS at all, and somebody inside."""
    log.mail(NOW, home("bob"), "bob@example.org", "bob1@far.example",
             login="bob")
    log.mail(NOW, "10.20.0.50", "bob@example.org", "bob1@far.example",
             login="bob")


# -- what comes in --------------------------------------------------------

@story("snowshoe", "warning", "client_network", "240.66.1.0/24",
       r"Snowshoe: 240\.66\.1\.0/24 sent from \d+ addresses not seen before "
       r"in (5 min|1 h)" + RARE)
def snowshoe(log):
    """Forty addresses of one network, each a little."""
    for i in range(120):
        log.mail(NOW + 20 * i, "240.66.1.%d" % (10 + i % 40),
                 "offer%d@brand%d.example" % (i, i % 40),
                 USERS[i % 8] + "@example.org")


@story()
def snowshoe_near(log):
    """A provider with some new servers."""
    for i in range(30):
        log.mail(NOW + 60 * i, "240.66.1.%d" % (10 + i % 4),
                 "friend%d@mail.example" % i, USERS[i % 8] + "@example.org")


@story("backscatter", "warning", "recipient_domain", "example.org",
       r"Backscatter: example\.org got \d+ bounces in (5 min|1 h)" + RARE)
def backscatter(log):
    """Somebody sends in our name elsewhere, and all of it comes back."""
    for i in range(200):
        log.mail(NOW + 5 * i, "240.%d.0.25" % (110 + i % 30), "",
                 "bob@example.org")


@story()
def backscatter_near(log):
    """Notices of absence, before a holiday."""
    for i in range(12):
        log.mail(NOW + 60 * i, "240.%d.0.25" % (110 + i), "",
                 "bob@example.org")


@story("directory-harvest", "warning", "client_address", "240.67.1.7",
       r"Address harvest: 240\.67\.1\.7 tried \d+ recipients that do not "
       r"exist in (5 min|1 h)" + RARE)
def directory_harvest(log):
    """A client works off a list of names."""
    for i in range(90):
        log.no_user(NOW + 5 * i, "240.67.1.7", "x@spam.example",
                    "name%d@example.org" % i)


@story()
def directory_harvest_near(log):
    """A newsletter to people who left."""
    for i in range(10):
        log.no_user(NOW + 5 * i, "240.67.1.7", "news@shop.example",
                    "left%d@example.org" % i)


# -- what becomes of it ---------------------------------------------------

def everybody(log, n, rcpt, **kw):
    """Each a little, so that nobody stands out."""
    for i in range(n):
        user = USERS[i % 8]
        log.mail(NOW + 40 * i, home(user), user + "@example.org",
                 rcpt % (user, i % 5), login=user, **kw)


@story("bounce-rate", "warning", "host", "mx1",
       r"mx1 had \d+ recipients refused elsewhere in (5 min|1 h|24 h)" + RARE)
def bounce_rate(log):
    """A large provider refuses all that local programs send."""
    for i in range(160):
        log.mail(NOW + 20 * i, "10.20.1.%d" % (i % 60), "app@example.org",
                 "w%d@far.example" % (i % 3), status="bounced", dsn="5.7.1",
                 reply="host mx.far.example said: 550 5.7.1 refused")


@story()
def bounce_rate_near(log):
    """A few more than usual."""
    everybody(log, 8, "%s%d@far.example", status="bounced", dsn="5.1.1",
              reply="host mx.far.example said: 550 5.1.1 User unknown")


@story("block-listed", "warning", "host", "mx1",
       r"Block-listed: mx1 was told \d+ times that it is on a block list or "
       r"has a bad name in (5 min|1 h|24 h)" + RARE)
def block_listed(log):
    """Several hosts name a list."""
    everybody(log, 16, "%s%d@far.example", status="deferred", dsn="4.7.1",
              reply=LISTED)


@story()
def block_listed_near(log):
    """Greylisting is no listing."""
    everybody(log, 16, "%s%d@far.example", status="deferred", dsn="4.2.0",
              reply=GREY)


@story("queue-growth", "info", "host", "mx1",
       r"Queue grows: mx1 had \d+ recipients put off elsewhere in "
       r"(5 min|1 h|24 h)" + RARE)
def queue_growth(log):
    """A provider is down, and everybody writes there."""
    for i in range(100):
        user = USERS[i % 8]
        log.mail(NOW + 150 * i, home(user), user + "@example.org",
                 "%s%d@far.example" % (user, i % 5), login=user,
                 status="deferred", dsn="4.4.1", reply=DOWN)


@story()
def queue_growth_near(log):
    """One small host is down."""
    everybody(log, 20, "%s%d@far.example", status="deferred", dsn="4.4.1",
              reply=DOWN)
