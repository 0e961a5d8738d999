#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An export into a pipe that nobody empties does not keep the daemon from
# writing its log of changes (the -wal file) back, and loses no event.
. "$(dirname "$0")/lib"

MOST=25165824	# bytes; the daemon writes five times as many meanwhile
log=$T/mail.log
conf=$T/weir.conf
cat >"$conf" <<END
[weir]
state-dir = $T/state
[policy]
trusted-networks = 127.0.0.0/8
local-domains = example.org
[source maillog]
path = $log
END

# HOST: the recorded day as that host has it.
day() {
	gzip -dc "$stories/day.log.gz" | sed "s/^\(.\{15\}\) mx1 /\1 $1 /"
}

# HOST COUNT: so many events of it are stored.
stored() {
	[ "$("$WEIR" query -c "$conf" --host "$1" --format csv |
	    wc -l)" -gt "$2" ]
}

wal() {
	stat -c %s "$T/state/weir.db-wal"
}

day mx0 >"$log"
start_daemon "$conf" "$T/out"
check "the first day is stored" within 30 stored mx0 11000

mkfifo "$T/pipe"
"$WEIR" query -c "$conf" --host mx0 --format csv >"$T/pipe" &
pids="$pids $!"
exec 3<"$T/pipe"
head -n 1 <&3 >"$T/first"
has "an export has begun" "time" "$T/first"

most=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	day "mx$i" >>"$log"
	end=$(($(date +%s) + 60))
	until stored "mx$i" 11000 || [ "$(date +%s)" -gt "$end" ]; do
		sleep 0.05
	done
	[ "$(wal)" -le "$most" ] || most=$(wal)
done
check "ten more are stored meanwhile" stored mx10 11000
check "the -wal file stays small ($most bytes)" test "$most" -le "$MOST"
check "the database itself has grown" test \
    "$(stat -c %s "$T/state/weir.db")" -gt $((MOST / 2))

cat <&3 >"$T/rest"
check "the export goes on to its end" test "$(wc -l <"$T/rest")" -gt 11000
exec 3<&-
stop_daemon
check "the daemon ends cleanly" test $? -eq 0

finish
