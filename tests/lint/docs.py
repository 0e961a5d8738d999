#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages say what the tables say."""
import re
import subprocess

from tree import ROOT, git_files, lines

PAGES = {name: f"contrib/man/{name}"
         for name in ("weir.1", "weir.conf.5", "weir-events.7")}


def page(name):
    return "\n".join(lines(PAGES[name])) if (
        ROOT / PAGES[name]).exists() else ""


def items(text, macro):
    """What `.It MACRO word` lines name; also several on one line."""
    found = set()
    for line in text.split("\n"):
        m = re.match(rf"\.It {macro} (.*)", line)
        if m:
            found |= set(re.findall(r"[\w@.-]+", m[1])) - {"Ar", "Cm", "Ns",
                                                           "Xo", "Xc", "Va"}
    return found


def macro_names(header, macro):
    """The quoted names of an X-macro list, or its members."""
    text = "\n".join(lines(header))
    m = re.search(rf"#define {macro}\(X\)(.*?[^\\])\n\n", text + "\n\n",
                  re.S)
    body = re.sub(r"/\*.*?\*/", "", m[1], flags=re.S)
    return {b or a for a, b in re.findall(
        r'X\((\w+)(?:,\s*"(\w*)")?', body)} - {"NONE"}


def both(what, where, real, told):
    return ([f"{where}:1: {what} {n} is not told of"
             for n in sorted(real - told)] +
            [f"{where}:1: {what} {n} does not exist"
             for n in sorted(told - real)])


def missing(what, where, real, told):
    return [f"{where}:1: {what} {n} is not told of"
            for n in sorted(real - told)]


def weir(exe, *args):
    return subprocess.run([exe, *args], capture_output=True, text=True,
                          check=True).stdout


def check_commands(exe):
    """weir(1) and the commands with their options."""
    text, bad = page("weir.1"), []
    commands = set(weir(exe, "help", "--words").split())
    told = set(re.findall(r"^\.Ss weir (\w+)$", text, re.M))
    bad += both("command", PAGES["weir.1"], commands, told)
    flags = set(re.findall(r"Fl Fl ([\w-]+)", text))
    for c in sorted(commands - {"help"}):
        words = weir(exe, "help", "--words", c).split()
        bad += missing(f"weir {c}: option", PAGES["weir.1"],
                       {w[2:] for w in words if w.startswith("--")}, flags)
    return bad


def check_options():
    """weir.conf(5) and the options table."""
    table = "\n".join(lines("src/conf/options.c"))
    rows = re.findall(r'^\t\{ "(\w+)", (?:NONE|NULL|"([\w-]+)"), "([\w-]+)"',
                      table, re.M)
    real = {f"{section}{' ' + name if name else ''}: {key}"
            for section, name, key in rows}
    told, section = set(), ""
    for line in page("weir.conf.5").split("\n"):
        m = re.match(r"\.Ss \[([a-z-]+)(?: ([\w-]+))?\]$", line)
        if m:
            section = m[1]
            if m[2] and m[2].islower():
                section += " " + m[2]
        m = re.match(r"\.It Cm ([\w-]+)", line)
        if m:
            told.add(f"{section}: {m[1]}")
    return both("option", PAGES["weir.conf.5"], real, told)


def check_fields():
    """weir-events(7) and the names of fields, kinds, classes, states."""
    text, where, bad = page("weir-events.7"), PAGES["weir-events.7"], []
    event = "include/weir/event.h"
    alert, detect = "include/weir/alert.h", "include/weir/detect.h"
    key = "include/weir/key.h"
    wire = "\n".join(sum((lines(f) for f in git_files("src/wire/*.c")), []))
    fields = (macro_names(event, "EVENT_TEXTS") |
              macro_names(event, "EVENT_NUMBERS") |
              {"id", "seq", "kind", "time", "class", "status"})
    fields = {"delay" if f == "delay_us" else f for f in fields}
    bad += missing("field", where, fields, items(text, "Va"))
    # Every member that the alert's JSON has.
    m = re.search(r"^wire_alert\(.*?^}", wire, re.S | re.M)
    if m:
        bad += missing("alert's", where, set(re.findall(
            r'"([a-z_]+)"', m[0])), items(text, "Va"))
    for header, macro in ((event, "EVENT_KINDS"), (event, "EVENT_CLASSES"),
                          (event, "EVENT_STATUSES"), (alert, "ALERT_STATES"),
                          (detect, "ALERT_SEVERITIES"),
                          (key, "ALERT_KEY_TYPES")):
        names = {n for n in macro_names(header, macro) if n.islower()}
        bad += missing(macro, where, names, items(text, "Li"))
    return bad


def check_metrics():
    """weir-events(7) and the metrics that are exported."""
    code = "\n".join(sum((lines(f) for f in git_files("src/httpd/*.c")), []))
    real = set(re.findall(r'"(weir_[a-z_]+)"', code))
    return both("metric", PAGES["weir-events.7"], real,
                {n for n in items(page("weir-events.7"), "Li")
                 if n.startswith("weir_")})
