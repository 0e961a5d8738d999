#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 at any moment: what is stored in the end is what a quiet run stores.
. "$(dirname "$0")/lib"

kills=${KILLS:-30}
log=$T/mail.log
conf=$T/weir.conf
cat >"$conf" <<END
[weir]
state-dir = $T/state
[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24
local-domains = example.org, mx1.example.org, choir.example, alias.example
relay-domains = backup.example.net
[source maillog]
path = $log
[http]
enabled = false
END

# The stories' lines, with the times of now, written over some seconds: a
# thousand a second, and a daemon that is killed all the time.
cat >"$T/writer.py" <<'END'
import datetime, re, sys, time
lines = [l for p in sys.argv[3:] for l in open(p, "rb").read().splitlines(True)]
rate, stamp = float(sys.argv[2]), re.compile(rb"^\S+")
with open(sys.argv[1], "ab", buffering=0) as out:
    begin = time.monotonic()
    for i, line in enumerate(lines):
        late = begin + i / rate - time.monotonic()
        if late > 0:
            time.sleep(late)
        now = datetime.datetime.now(datetime.timezone.utc)
        text = stamp.sub(now.isoformat().encode(), line, count=1)
        # Now and then half a line first, as a slow writer's.
        half = len(text) // 2 if i % 50 == 0 else 0
        out.write(text[:half])
        if half:
            time.sleep(0.01)
        out.write(text[half:])
END
inputs=
for i in 1 2 3 4; do
	inputs="$inputs $stories/open-relay.log $stories/normal.log
	    $stories/filter-plain.log"
done
: >"$log"
# shellcheck disable=SC2086
python3 "$T/writer.py" "$log" 300 $inputs &
writer=$!
pids="$pids $writer"

n=0
in_flight=0
while kill -0 "$writer" 2>/dev/null || [ "$n" -lt "$kills" ]; do
	"$WEIR" daemon -c "$conf" >>"$T/out" 2>&1 &
	daemon=$!
	pids="$pids $daemon"
	sleep "$(awk -v n="$n" 'BEGIN { srand(n); print 0.05 + rand() * 0.6 }')"
	[ -s "$T/state/weir.db-wal" ] && in_flight=$((in_flight + 1))
	kill -9 "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	n=$((n + 1))
done
wait "$writer"
check "$n kills, $in_flight with a log of writes open" test "$n" -ge "$kills"

start_daemon "$conf" "$T/out"
sleep 3
stop_daemon
dump "$T/killed" -c "$conf"
check "there are events" test "$(wc -l <"$T/killed.events")" -gt 100

"$WEIR" import -c "$conf" --db "$T/quiet.db" "$log" >"$T/import" 2>&1
dump "$T/quiet" --db "$T/quiet.db"
same "events" "$T/quiet.events" "$T/killed.events"
same "alerts" "$T/quiet.alerts" "$T/killed.alerts"

finish
