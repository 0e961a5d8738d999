#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The commands that read: what they print where, in which form, and with which
# exit status; and changes without a daemon.
. "$(dirname "$0")/lib"

db=$T/weir.db
"$WEIR" import -c "$stories/open-relay.conf" --db "$db" \
    "$stories/open-relay.log" >"$T/import" 2>&1 || cat "$T/import"

# STATUS COMMAND...
exits() {
	want=$1
	shift
	"$WEIR" "$@" >"$T/out" 2>"$T/err"
	got=$?
	if [ "$got" -eq "$want" ]; then
		ok "weir $*: status $want"
	else
		no "weir $*: status $got, want $want"
	fi
}

# NAME FILE LINES
lines() {
	n=$(wc -l <"$2")
	if [ "$n" -eq "$3" ]; then
		ok "$1"
	else
		no "$1: $n lines, want $3"
	fi
}

exits 0 query --db "$db" --format jsonl
all=$(wc -l <"$T/out")
lines "nothing on standard error" "$T/err" 0
check "every line is an object" python3 -c '
import json, sys
seen = [json.loads(l) for l in open(sys.argv[1])]
assert seen and all(e["kind"] and e["id"] for e in seen)
assert seen == sorted(seen, key=lambda e: e["time"], reverse=True)
' "$T/out"
exits 0 query --db "$db" --format csv
lines "CSV has a header and as many" "$T/out" $((all + 1))
exits 0 query --db "$db" --limit 3
lines "a table of 3 has a head" "$T/out" 4
has "and says that it was cut" "--limit" "$T/err"
exits 0 query --db "$db" --limit 0
lines "--limit 0 is all" "$T/out" $((all + 1))
exits 0 query --db "$db" --class open_relay --kind delivery --format jsonl
has "filters hold" '"class":"open_relay"' "$T/out"
if grep -vq '"class":"open_relay"' "$T/out"; then
	no "only that class"
else
	ok "only that class"
fi
exits 0 query messages --db "$db" --client 2001:db8:bad::/48 --format jsonl
has "networks match" '"kind":"message"' "$T/out"
exits 0 query --db "$db" --user nobody.of.that.name
lines "nothing matches" "$T/out" 0
has "and that is said" "nothing matches" "$T/err"
exits 2 query --db "$db" --client nonsense
exits 3 query --db "$T/none.db"
"$WEIR" query --db "$db" --format jsonl >/dev/full 2>"$T/err"
if [ $? -eq 3 ] && grep -q 'standard output' "$T/err"; then
	ok "a full disk behind standard output is told"
else
	no "a full disk behind standard output is told"
fi
"$WEIR" query --db "$db" --format jsonl 2>"$T/err" | head -n 1 >/dev/null
lines "a closed pipe is nothing to talk about" "$T/err" 0

exits 0 alerts --db "$db" --format jsonl
alerts=$(wc -l <"$T/out")
check "oldest first" python3 -c '
import json, sys
t = [json.loads(l)["time"] for l in open(sys.argv[1])]
assert len(t) > 1 and t == sorted(t)' "$T/out"
id=$(sed -n '1s/.*"id":"\([0-9a-f]*\)".*/\1/p' "$T/out" | cut -c 1-8)
exits 0 alerts --db "$db" --limit 1
lines "one of them" "$T/out" 2
has "and says so" "--limit" "$T/err"
exits 0 alerts show "$id" --db "$db"
has "show has what to do" "What to do" "$T/out"
has "and the log lines" "postfix/smtpd" "$T/out"
exits 3 alerts show 00000000 --db "$db"
exits 0 alerts ack "$id" --db "$db" --note "the night shift"
exits 0 alerts --db "$db" --state acknowledged --format jsonl
lines "it is acknowledged" "$T/out" 1
has "with the note" "the night shift" "$T/out"
exits 0 alerts resolve "$id" --db "$db" --note "mended"
exits 0 alerts --db "$db" --state resolved --format jsonl
lines "it is resolved" "$T/out" 1
exits 0 alerts --db "$db" --state open --format jsonl
lines "the others are open" "$T/out" $((alerts - 1))

exits 3 status --db "$db"
has "nobody watches" "NOT WATCHING: no daemon" "$T/out"

line='Nov 23 18:25:01 mx1 postfix/smtpd[7]: 4B1234567: client=a[192.0.2.1]'
exits 0 explain "$line"
has "explain tells the kind" "client: " "$T/out"
has "and the fields" "client_address = 192.0.2.1" "$T/out"
sed 200q "$stories/open-relay.log" >"$T/some.log"
"$WEIR" explain -c "$stories/open-relay.conf" - <"$T/some.log" >"$T/out"
has "a log is joined" '"class":"open_relay"' "$T/out"
has "and its alert told" "critical: Open relay" "$T/out"
printf 'Nov 23 18:25:01 mx1 postfix/smtpd[7]: \033[2J\000\377\n' |
    "$WEIR" explain - >"$T/out"
if grep -q "$(printf '\033')" "$T/out"; then
	no "explain is no way to the terminal"
else
	ok "explain is no way to the terminal"
fi

exits 0 config -c "$stories/open-relay.conf" check
has "check names the file" "open-relay.conf: ok" "$T/out"
printf '[policy]\ntrusted-netwroks = ::1\n' >"$T/bad.conf"
exits 3 config -c "$T/bad.conf" check
has "mistakes have a place" "bad.conf:2: " "$T/err"
has "and a suggestion" "trusted-networks" "$T/err"
lines "and nothing else is printed" "$T/out" 0
exits 0 config -c "$stories/open-relay.conf" show
has "show tells where from" "open-relay.conf:" "$T/out"
finish
