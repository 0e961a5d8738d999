#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A log gives the same events and alerts whole, twice, in pieces cut anywhere,
# compressed, and rotated: nothing twice, nothing lost.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
cat >"$conf" <<'END'
[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24
local-domains = example.org, mx1.example.org, choir.example, alias.example
relay-domains = backup.example.net
END
for story in normal open-relay filter-amavis filter-plain proxy-filter \
    forwards-and-relay bounces two-instances; do
	[ -e "$stories/$story.log" ] && cat "$stories/$story.log"
done >"$log"
bytes=$(wc -c <"$log")
import() {
	db=$1
	shift
	"$WEIR" import -c "$conf" --db "$db" "$@"
}

check "whole" import "$T/whole.db" "$log"
dump "$T/whole" --db "$T/whole.db"
check "there are events" test -s "$T/whole.events"
check "there are alerts" test -s "$T/whole.alerts"

check "the second time" import "$T/whole.db" "$log"
dump "$T/twice" --db "$T/whole.db"
same "twice: events" "$T/whole.events" "$T/twice.events"
same "twice: alerts" "$T/whole.alerts" "$T/twice.alerts"

check "standard input" sh -c 'cat "$1" | "$2" import -c "$3" --db "$4" -' \
    sh "$log" "$WEIR" "$conf" "$T/stdin.db"
dump "$T/stdin" --db "$T/stdin.db"
same "standard input: events" "$T/whole.events" "$T/stdin.events"

gzip -kc "$log" >"$T/x.gz"
check "gz" import "$T/gz.db" "$T/x.gz"
check "gz, then the plain file" import "$T/gz.db" "$log"
dump "$T/gz" --db "$T/gz.db"
same "gz: events" "$T/whole.events" "$T/gz.events"
same "gz: alerts" "$T/whole.alerts" "$T/gz.alerts"

# Pieces, cut in the middle of lines more often than not.
grown=$T/grown.log
: >"$grown"
done_bytes=0
piece=0
while [ "$done_bytes" -lt "$bytes" ]; do
	piece=$((piece + 1))
	n=$((1 + (piece * 7919 + done_bytes * 31) % (bytes / 12)))
	tail -c +$((done_bytes + 1)) "$log" | head -c "$n" >>"$grown"
	done_bytes=$((done_bytes + n))
	import "$T/pieces.db" "$grown" >"$T/out" 2>&1 ||
	    no "piece $piece: $(cat "$T/out")"
done
check "$piece pieces" test "$piece" -gt 10
dump "$T/pieces" --db "$T/pieces.db"
same "pieces: events" "$T/whole.events" "$T/pieces.events"
same "pieces: alerts" "$T/whole.alerts" "$T/pieces.alerts"

# Rotated: two thirds were taken in before, under the old name.
r=$T/rotated
mkdir "$r"
lines=$(wc -l <"$log")
head -n $((lines / 3)) "$log" | gzip >"$r/mail.log.2.gz"
head -n $((2 * lines / 3)) "$log" | tail -n +$((lines / 3 + 1)) >"$r/mail.log.1"
tail -n +$((2 * lines / 3 + 1)) "$log" >"$r/mail.log"
check "a directory of rotated logs" import "$T/rotated.db" "$r"
dump "$T/rotated" --db "$T/rotated.db"
same "rotated: events" "$T/whole.events" "$T/rotated.events"
same "rotated: alerts" "$T/whole.alerts" "$T/rotated.alerts"

gunzip -c "$r/mail.log.2.gz" >"$T/old"
import "$T/later.db" "$T/old" >/dev/null 2>&1
check "what was taken in under another name" import "$T/later.db" "$r"
dump "$T/later" --db "$T/later.db"
same "renamed: events" "$T/whole.events" "$T/later.events"
same "renamed: alerts" "$T/whole.alerts" "$T/later.alerts"

finish
