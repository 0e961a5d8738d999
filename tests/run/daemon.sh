#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The daemon on a file: it starts, watches, alerts, answers, takes orders, and
# ends with everything stored; what it stored is what an import stores.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
port=$(free_port)
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
listen = 127.0.0.1:$port
END
sed 30q "$stories/open-relay.log" >"$log"

start_daemon "$conf" "$T/out"
check "status says OK" "$WEIR" status -c "$conf"
"$WEIR" status -c "$conf" >"$T/status"
has "and what is watched" "OK: watching $log" "$T/status"
has "the policy is shown" "trusted-networks (configured)" "$T/status"
check "the database is for its group only" \
    test "$(stat -c %a "$T/state/weir.db")" = 640
check "the socket is for its group only" \
    test "$(stat -c %a "$T/state/control")" = 660
"$WEIR" import -c "$conf" "$log" >"$T/second" 2>&1
has "a second writer is refused" "one writer at a time" "$T/second"

tail -n +31 "$stories/open-relay.log" >>"$log"
alerted() {
	[ "$("$WEIR" alerts -c "$conf" --format jsonl |
	    grep -o client_network | wc -l)" -ge 10 ]
}
check "alerts come by themselves" within 5 alerted
curl -s "http://127.0.0.1:$port/api/v1/alerts?limit=100" >"$T/http"
has "and over HTTP" "open-relay" "$T/http"

id=$("$WEIR" alerts -c "$conf" --format jsonl |
    sed -n 's/.*"id":"\([0-9a-f]*\)".*198\.51\.100\.0.*/\1/p' | head -n 1)
check "acknowledge" "$WEIR" alerts -c "$conf" ack "$id" --note "ticket 12"
"$WEIR" alerts -c "$conf" show "$id" >"$T/show"
has "who and why is kept" "ticket 12" "$T/show"
check "fine" "$WEIR" alerts -c "$conf" fine --network "$id"
"$WEIR" alerts -c "$conf" show "$id" >"$T/show"
has "the alert is resolved" "reclassified" "$T/show"
"$WEIR" status -c "$conf" >"$T/status"
has "the policy has learnt it" "198.51.100.0/24" "$T/status"
"$WEIR" reclassify -c "$conf" --since 2000-01-01T00:00:00Z >"$T/again"
has "judging anew changes nothing more" ", 0 have" "$T/again"
"$WEIR" alerts -c "$conf" ack 000000 >"$T/none" 2>&1
check "an unknown alert is refused" test $? -eq 3

stop_daemon
check "it ends cleanly" test $? -eq 0
check "its socket is gone" test ! -e "$T/state/control"
"$WEIR" status -c "$conf" >"$T/status" 2>&1
check "status fails without it" test $? -ne 0
has "and says so" "NOT WATCHING" "$T/status"

# A restart changes nothing; then a fresh database, by import.
start_daemon "$conf" "$T/out"
stop_daemon
dump "$T/live" -c "$conf"
mv "$T/state" "$T/old"
start_daemon "$conf" "$T/out"
check "a fresh start reads it all" within 5 alerted
stop_daemon
dump "$T/fresh" -c "$conf"
"$WEIR" import -c "$conf" --db "$T/import.db" "$log" >/dev/null 2>&1
dump "$T/import" --db "$T/import.db"
same "daemon and import: events" "$T/import.events" "$T/fresh.events"
same "daemon and import: alerts" "$T/import.alerts" "$T/fresh.alerts"
cut -c 1-60 "$T/live.events" >"$T/live.ids"
cut -c 1-60 "$T/fresh.events" >"$T/fresh.ids"
same "live and later: the same events" "$T/fresh.ids" "$T/live.ids"

finish
