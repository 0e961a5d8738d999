#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write one organisation's labelled mail log.

usage: gen.py ORG SEED FOLDER [WEEKS [small]]

FOLDER gets `log`, `weir.conf`, `domains`, `labels.jsonl`, `truth.json`,
`want.json` and `meta.json`; README.md says what is in them.  The same words
give the same bytes.
"""
import json
import os
import sys

import gen_background
import gen_incidents
import gen_odd
from gen_orgs import ORGS


def make(name, seed, weeks=4, small=False):
    org = ORGS[name](seed, weeks, small)
    gen_incidents.plan(org, org.stream("incidents"), list(ORGS).index(name))
    gen_odd.plan(org, org.stream("odd"))
    for day in range(org.world.days):
        for p in org.people:
            org.mail.day(p, day)
        org.machines(day, org.stream("machines%d" % day))
        gen_background.all_of(org, day)
    gen_odd.run(org, org.stream("odd run"))
    gen_incidents.run(org)
    gen_odd.gap(org, org.stream("gap"))
    return org


def write(org, folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join
    org.log.write(path(folder, "log"), org.stamp(), org.gap)
    for name, text in (
            ("weir.conf", org.policy()),
            ("domains", "".join(d + "\n" for d in sorted(org.world.local))),
            ("labels.jsonl", "".join(
                json.dumps(i.label()) + "\n" for i in org.incidents)),
            ("truth.json", json.dumps({
                i.id: i.times for i in org.incidents})),
            ("want.json", json.dumps(org.log.want, sort_keys=True)),
            ("meta.json", json.dumps({
                "org": org.name, "seed": org.seed, "t0": org.world.t0,
                "t1": org.world.t1, "zone": org.zone,
                "year": org.world.day0.year, "gap": org.gap,
                "excused": org.excused, "people": len(org.people),
                "lines": len(org.log.lines)}))):
        with open(path(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


def main():
    args = sys.argv[1:]
    if len(args) < 3 or args[0] not in ORGS:
        sys.exit(__doc__ + "\nORG is one of " + " ".join(ORGS))
    weeks = float(args[3]) if len(args) > 3 else 4
    write(make(args[0], int(args[1]), weeks, "small" in args[4:]), args[2])


if __name__ == "__main__":
    main()
