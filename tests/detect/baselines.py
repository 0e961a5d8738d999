# SPDX-License-Identifier: Apache-2.0
"""Comparison methods over weir's own events.

All count the same things by the clock hour, and raise at the very event that
crosses the threshold; one alert for each key and metric in 24 hours.

fixed       100 messages an hour of a login, client address or local user, 5
            failed logins an hour: what LFD ships.
ewma        An exponentially weighted mean and variance of the hours, z > 12,
            30 at least.
farrington  Quasi-Poisson over the same hours of past weeks, the threshold by
            the 2/3 power (Farrington 1996) with z = 8, 30 at least.
"""
import ipaddress
import json
import math
import re

from score import seconds

HOUR, QUIET, FLOOR = 3600, 86400, 30
WEEK = 168
# Recipients are counted outside only: a meeting has many inside.
OUTWARD = {"authenticated_relay", "authorised_relay", "local_submission",
           "open_relay"}
LISTED = re.compile(r"block(ed| ?list)|blacklist|banned|reputation|listed at|"
                    r"unsolicited|complaints", re.I)


def network(address):
    try:
        return str(ipaddress.ip_network(
            address + ("/64" if ":" in address else "/24"), strict=False))
    except ValueError:
        return None


def domain(address):
    return (address or "").rpartition("@")[2].lower()


class Counters:
    """Which counters an event adds one to."""

    def __init__(self):
        self.sources = {}

    def of(self, e):
        kind = e["kind"]
        out = []

        def count(key_type, key, metric):
            if key:
                out.append((key_type, key, metric))
        client, user = e.get("client_address"), e.get("sasl_username")
        repeat, net = e.get("repeat", 1), network(client) if client else None
        if kind == "message":
            count("sasl_username", user, "mail")
            count("client_address", client, "mail")
            count("local_user", e.get("local_user"), "mail")
            count("host", e.get("host"), "mail")
            count("client_network", net, "mail")
            count("sender_domain", domain(e.get("sender")), "mail")
            if e.get("sender") == "":
                count("host", e.get("host"), "null sender")
            if user and net and self.novel(user, net):
                count("sasl_username", user, "new network")
        elif kind == "delivery" and e.get("counted"):
            if e["class"] in OUTWARD:
                count("sasl_username", user, "recipients")
                count("client_address", client, "recipients")
                count("local_user", e.get("local_user"), "recipients")
            if e["class"] == "open_relay":
                count("client_address", client, "open relay")
                count("client_network", net, "open relay")
                count("host", e.get("host"), "open relay")
            if e.get("status") in ("bounced", "expired"):
                for key_type, key in (("sasl_username", user),
                                      ("client_address", client),
                                      ("local_user", e.get("local_user"))):
                    count(key_type, key, "bounces")
            if e.get("status") in ("bounced", "deferred") and \
                    e.get("relay_host") and LISTED.search(
                        e.get("reply") or ""):
                count("recipient_domain", domain(e.get("recipient")),
                      "listed")
                count("host", e.get("host"), "listed")
        elif kind == "reject":
            count("client_address", client, "rejects")
            count("client_network", net, "rejects")
            count("host", e.get("host"), "rejects")
            count("recipient_domain", domain(e.get("recipient")), "rejects")
        elif kind == "auth" and e.get("status") == "failed":
            count("client_address", client, "failures")
            count("client_network", net, "failures")
            count("sasl_username", user, "failures")
            count("host", e.get("host"), "failures")
        return out, repeat

    def novel(self, user, net):
        known = self.sources.setdefault(user, {})
        new = net not in known
        known[net] = True
        return new


class Series:
    """The hours of one counter."""

    __slots__ = ("hour", "n", "past", "mean", "var", "level")

    def __init__(self, hour):
        self.hour, self.n, self.past = hour, 0, {}
        self.mean = self.var = 0.0
        self.level = None

    def roll(self, hour):
        """Close the hour that was, and the empty ones since."""
        self.past[self.hour] = self.n
        x = self.n
        for _ in range(min(hour - self.hour, 3 * WEEK)):
            d = x - self.mean
            self.mean += 0.03 * d
            self.var = 0.97 * (self.var + 0.03 * d * d)
            x = 0
        self.hour, self.n, self.level = hour, 0, None


def fixed(series, metric, begin):
    return {"mail": 100, "failures": 5}.get(metric)


def ewma(series, metric, begin):
    return max(FLOOR, series.mean + 12 * math.sqrt(
        max(series.var, series.mean, 1)))


def farrington(series, metric, begin):
    hours = [h + d for h in range(series.hour - WEEK, begin - 1, -WEEK)
             for d in (-1, 0, 1)]
    if not hours:
        hours = [h + d for h in range(series.hour - 24, begin - 1, -24)
                 for d in (-1, 0, 1)]
    values = [series.past.get(h, 0) for h in hours]
    if not values:
        return FLOOR
    mean = max(0.1, sum(values) / len(values))
    var = sum((v - mean) ** 2 for v in values) / max(1, len(values) - 1)
    spread = max(1, var / mean) * mean * (1 + 1 / len(values))
    return max(FLOOR, mean * (1 + 2 / 3 * 8 / mean *
                              math.sqrt(spread)) ** 1.5)


METHODS = {"fixed": fixed, "ewma": ewma, "farrington": farrington}
# The fixed limits are of these keys only.
FIXED_KEYS = {"sasl_username", "client_address", "local_user"}


def run(events):
    """Alerts of all methods; the events in order of time."""
    counters, series, begin = Counters(), {}, None
    quiet, out = {}, {m: [] for m in METHODS}
    for e in events:
        t = seconds(e["time"])
        hour = int(t // HOUR)
        begin = hour if begin is None else begin
        keys, repeat = counters.of(e)
        for key in keys:
            s = series.get(key)
            if s is None:
                s = series[key] = Series(hour)
            if hour > s.hour:
                s.roll(hour)
            s.n += repeat
            if s.n < 5:
                continue
            if s.level is None:
                s.level = {m: f(s, key[2], begin) for m, f in METHODS.items()
                           if m != "fixed" or key[0] in FIXED_KEYS}
            for m, level in s.level.items():
                if level is None or s.n < level:
                    continue
                if t >= quiet.get((m, key), 0):
                    quiet[m, key] = t + QUIET
                    out[m].append({"detector": key[2], "key_type": key[0],
                                   "key": key[1], "time": t,
                                   "title": "%d in an hour" % s.n})
    return out


def in_order(lines):
    """`weir query` tells the newest first."""
    events = [json.loads(line) for line in lines]
    events.sort(key=lambda e: (e["time"], e["seq"]))
    return events
