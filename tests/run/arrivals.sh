#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same log gives the same events and alerts whatever way it arrives: from
# containers, through relays, from an exported journal, under multilog, and in
# any mixture; and what was taken in one way is not taken in again in another.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
cat >"$conf" <<'END'
[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24
local-domains = example.org, mx1.example.org, choir.example, alias.example
relay-domains = backup.example.net
END
for story in "$stories"/*.log; do
	case $(head -c 2 "$story") in
	20) cat "$story" ;;
	esac
done | LC_ALL=C grep -v '[^ -~]' | sort -s -k1,1 >"$log"
import() {
	"$WEIR" import -c "$conf" --db "$@"
}
# The lines that prove an alert are as they were read; all else is the same.
without_lines() {
	python3 -c 'import json, sys
for line in sys.stdin:
    alert = json.loads(line)
    alert["evidence"] = len(alert.get("evidence", []))
    print(json.dumps(alert))' <"$1.alerts" >"$1.told"
}
check "plain" import "$T/plain.db" "$log"
dump "$T/plain" --db "$T/plain.db"
check "there are events" test "$(wc -l <"$T/plain.events")" -gt 100
check "there are alerts" test -s "$T/plain.alerts"
without_lines "$T/plain"

for form in docker multilog doubled imfile driver export journald mixed; do
	python3 "$here/wrap.py" "$form" <"$log" >"$T/$form.log"
	check "$form" import "$T/$form.db" "$T/$form.log"
	dump "$T/$form" --db "$T/$form.db"
	same "$form: events" "$T/plain.events" "$T/$form.events"
	without_lines "$T/$form"
	same "$form: alerts" "$T/plain.told" "$T/$form.told"
done

# Once more as a packed stream, and the other way on top: nothing new.
gzip -c "$T/mixed.log" >"$T/mixed.log.1.gz"
check "mixed, packed" import "$T/mixed.db" "$T/mixed.log.1.gz"
has "mixed, packed: nothing is read again" "Lines:  0 " "$T/check.out"
check "plain on top of mixed" import "$T/mixed.db" "$log"
dump "$T/both" --db "$T/mixed.db"
same "plain on top: events" "$T/plain.events" "$T/both.events"

# A central server's file: two hosts that log the very same, line by line.
awk '{ print; $2 = "mx2"; print }' "$log" >"$T/central.log"
check "two hosts in one file" import "$T/central.db" "$T/central.log"
dump "$T/central" --db "$T/central.db"
without_ids() {
	sed 's/"\(id\|policy\)":[^,}]*,*//g; s/"host":"mx2"/"host":"mx1"/' |
	    sort
}
without_ids <"$T/plain.events" >"$T/want"
for host in mx1 mx2; do
	grep -F "\"host\":\"$host\"" "$T/central.events" | without_ids >"$T/got"
	same "of $host: what it logs alone" "$T/want" "$T/got"
done

# What weir cannot unpack stops nothing else and is not passed over.
if command -v xz >/dev/null; then
	mkdir "$T/dir"
	cp "$log" "$T/dir/mail.log"
	xz -c "$T/export.log" >"$T/dir/mail.log.1.xz"
	import "$T/xz.db" "$T/dir" >"$T/out" 2>&1
	check "an .xz among them: the status says so" test $? -eq 3
	has "and what to do" "xzcat $T/dir/mail.log.1.xz | weir import -" \
	    "$T/out"
	dump "$T/xz" --db "$T/xz.db"
	same "and the others are read" "$T/plain.events" "$T/xz.events"
	check "unpacked" sh -c 'xzcat "$1" | "$2" import -c "$3" --db "$4" -' \
	    sh "$T/dir/mail.log.1.xz" "$WEIR" "$conf" "$T/xz.db"
	dump "$T/xz2" --db "$T/xz.db"
	same "unpacked: events" "$T/plain.events" "$T/xz2.events"
fi

finish
