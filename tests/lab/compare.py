# SPDX-License-Identifier: Apache-2.0
"""Whether the forms of one log hold the same lines."""
import re

from world import run

HEADS = {
    "trad": r"\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \S+?(?:\[\d+\])?: ?(.*)",
    "iso": r"\S+ \S+ \S+?(?:\[\d+\])?: ?(.*)",
    "p23": r"<\d+>1 \S+ \S+ \S+ \S+ \S+ (?:-|\[.*?\]) ?(.*)",
}


def texts(path, form):
    head = re.compile(HEADS[form])
    with open(path, encoding="utf-8", errors="replace") as f:
        found = [head.match(line.rstrip("\n")) for line in f]
    return sorted(plain(m[1]) if m else "?" for m in found)


def plain(text):
    """rsyslog writes #011 for a tab and the like; journald keeps it."""
    text = re.sub(r"#(\d{3})", lambda m: chr(int(m[1], 8)), text)
    return re.sub(r"[^ -~]", "", text).strip()


def same_lines(out):
    journal = run("journalctl", "-D", out / "journal", "-a", "-o", "cat",
                  "--no-pager", "SYSLOG_FACILITY=2").splitlines()
    want = sorted(plain(line) for line in journal)
    good = True
    for form in HEADS:
        got = texts(out / (form + ".log"), form)
        if got != want:
            good = False
            odd = sorted(set(got) ^ set(want))
            print("    %s has %d lines, the journal %d; %s" % (
                form, len(got), len(want), odd[:2]))
    return good
