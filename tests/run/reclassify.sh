#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A day is stored under a wrong policy and judged anew under the right one, by
# a command alone and by a daemon: each gives what an import gives that had the
# right one from the start.  It shows how far it is on a terminal only.
. "$(dirname "$0")/lib"

# FILE LOCAL-DOMAINS RELAY-DOMAINS
config() {
	cat >"$1" <<END
[weir]
state-dir = $T/state
[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24
local-domains = $2
relay-domains = $3
[source maillog]
path = $T/mail.log
END
}

# OPTIONS...: reclassify, with a terminal.
on_terminal() {
	python3 -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
	    "$WEIR" reclassify "$@" --since 2000-01-01T00:00:00Z </dev/null
}

# NAME OPTIONS...: events without what depends on the way.
classes() {
	name=$1
	shift
	dump "$T/$name" "$@"
	sed 's/"policy":[0-9]*,*//' "$T/$name.events" >"$T/$name.classes"
}

wrong=$T/wrong.conf
right=$T/right.conf
config "$wrong" other.example none.example
config "$right" "example.org, mx1.example.org, choir.example, alias.example" \
    backup.example.net
gzip -dc "$stories/day.log.gz" >"$T/mail.log"

"$WEIR" import -c "$right" --db "$T/want.db" "$T/mail.log" >/dev/null 2>&1
mkdir "$T/state"
"$WEIR" import -c "$wrong" "$T/mail.log" >/dev/null 2>&1
cp "$T/state/weir.db" "$T/alone.db"
cp "$T/state/weir.db" "$T/shown.db"
classes want --db "$T/want.db"
classes before --db "$T/alone.db"
cmp -s "$T/want.classes" "$T/before.classes"
check "the wrong policy gives other classes" test $? -eq 1

"$WEIR" reclassify -c "$right" --db "$T/alone.db" \
    --since 2000-01-01T00:00:00Z >"$T/out" 2>"$T/err"
check "it is silent without a terminal" test ! -s "$T/err"
has "and says what was done" "have another class now" "$T/out"
classes alone --db "$T/alone.db"
same "judged anew without a daemon" "$T/want.classes" "$T/alone.classes"
"$WEIR" reclassify -c "$right" --db "$T/alone.db" \
    --since 2000-01-01T00:00:00Z >"$T/again"
has "a second time changes nothing" ", 0 have another" "$T/again"
on_terminal -c "$right" --db "$T/shown.db" >"$T/shown"
has "a terminal sees how far it is" " events, " "$T/shown"

start_daemon "$right" "$T/daemon"
on_terminal -c "$right" >"$T/shown"
check "the daemon does it too" test $? -eq 0
has "and tells how far it is" " events, " "$T/shown"
has "and what was done" "have another class now" "$T/shown"
stop_daemon
classes daemon -c "$right"
grep -v '"kind":"notice"' "$T/daemon.classes" >"$T/mail.classes"
same "judged anew by the daemon" "$T/want.classes" "$T/mail.classes"

finish
