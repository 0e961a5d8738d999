# SPDX-License-Identifier: Apache-2.0
"""The list of scenarios, and how one is played.

A scenario is a function of the lab: it starts the mail host it wants, sends,
and says for each message what the configuration makes of it.  Its docstring
is its description.  Files scenario_*.py register theirs.
"""
import importlib
import time

from lab import POLICY, Lab
from world import HERE

ALL = {}


class Scenario:
    def __init__(self, play, name, form, policy, repeat, stretch, maillog):
        self.play, self.name, self.form = play, name, form
        self.policy, self.repeat, self.stretch = policy, repeat, stretch
        self.maillog = maillog
        self.about = " ".join((play.__doc__ or "").split())


def scenario(form="trad", policy=POLICY, repeat=False, stretch=False,
             maillog=True):
    """Register a scenario.

    form     the log form its story is kept in
    policy   the weir.conf it is judged by
    repeat   rsyslog folds repeated lines
    stretch  its story is spread over a day, see stretch.py
    maillog  it is played with Postfix's own log file too
    """
    def register(play):
        name = play.__name__.strip("_").replace("_", "-")
        ALL[name] = Scenario(play, name, form, policy, repeat, stretch,
                             maillog)
        return play
    return register


def load():
    for path in sorted(HERE.glob("scenario_*.py")):
        importlib.import_module(path.stem)
    return ALL


def play(item, directory, beside=None, **kw):
    """Run one scenario; leaves logs, weir.conf and truth.jsonl there.

    beside   is started before Postfix and stopped after it
    """
    lab = Lab(item.name, directory, item.policy, item.repeat,
              item.about, **kw)
    begin = time.monotonic()
    try:
        lab.start()
        if beside:
            beside.start()
        item.play(lab)
        lab.idle()
        lab.finish()
    finally:
        lab.stop()
        if beside:
            beside.stop()
    return len(lab.truth.pairs), time.monotonic() - begin
