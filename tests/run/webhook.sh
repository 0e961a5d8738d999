#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Alerts on their way to receivers that answer, fail once, ask for patience,
# move, are gone, hang or are not there; and through a kill -9 in between.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
{ echo whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; echo $secret; } >"$T/secret"
chmod 600 "$T/secret"
: >"$log"
: >"$T/received"
: >"$T/late"
python3 "$here/receiver.py" "$T/received" --secret $secret >"$T/port" &
pids="$pids $!"
check "the receiver listens" within 10 test -s "$T/port"
port=$(cat "$T/port")
late=$(free_port)
cat >"$conf" <<END
[weir]
state-dir = $T/state
[policy]
trusted-networks = 127.0.0.0/8
local-domains = example.org
[source maillog]
path = $log
[http]
enabled = false
END
# NAME URL OPTION...
webhook() {
	printf '[webhook %s]\nurl = %s\nsecret-file = %s\n' "$1" "$2" \
	    "$T/secret" >>"$conf"
	shift 2
	printf '%s\n' "$@" >>"$conf"
}
for mode in ok once-500 once-429 once-cut 410 redirect; do
	webhook "$mode" "http://127.0.0.1:$port/$mode/$mode" \
	    "allow-private = true"
done
webhook hang "http://127.0.0.1:$port/hang/hang" "allow-private = true" \
    "timeout = 1s"
webhook inside "http://127.0.0.1:$port/inside/ok"
webhook late "http://127.0.0.1:$late/late/ok" "allow-private = true"

# FILE NAME LEAST MOST: how often each alert's opening came to that webhook,
# the same body each time, always signed and at a later time.
came() {
	python3 - "$1" "/$2/" "$3" "$4" "$("$WEIR" alerts -c "$conf" \
	    --format jsonl | wc -l)" <<'END'
import collections, json, sys
path, name, least, most, alerts = sys.argv[1:]
notes = [n for n in map(json.loads, open(path))
         if n["path"].startswith(name)]
ids = collections.defaultdict(list)
for n in notes:
    ids[n["id"]].append(n)
print(len(ids), "ids,", len(notes), "requests,", alerts, "alerts")
assert all(n["verified"] and n["signatures"] == 2 for n in notes)
assert len(ids) == (int(alerts) if int(most) else 0)
for same in ids.values():
    assert int(least) <= len(same) <= int(most), len(same)
    assert len({n["body"] for n in same}) == 1
    stamps = [int(n["timestamp"]) for n in same]
    # libcurl itself sends again when a kept connection turns out dead:
    # then the very same request comes twice within a second.
    assert stamps == sorted(stamps), stamps
END
}

start_daemon "$conf" "$T/out"
now=$(date -u +%Y-%m-%dT%H:%M:%S.%6N+00:00)
sed "s/^[^ ]*/$now/" "$stories/open-relay.log" >>"$log"
check "who answers hears each alert once" within 10 \
    came "$T/received" ok 1 1
check "who asked for patience hears it again" within 20 \
    came "$T/received" once-429 2 2
check "who failed hears it again" within 20 \
    came "$T/received" once-500 2 2
check "who cut the connection hears it again" within 20 \
    came "$T/received" once-cut 2 2
check "who is gone is left alone" came "$T/received" 410 1 1
check "who moved is asked again, not followed" \
    came "$T/received" redirect 1 2
check "who hangs is asked again" came "$T/received" hang 1 3
check "a private address hears nothing" came "$T/received" inside 0 0
check "nobody heard anything twice without need" came "$T/received" ok 1 1
has "the guard is named" "allow-private = true permits that" "$T/out"
has "a redirect is named" "redirects are not followed" "$T/out"
check "no secret is in the log" test "$(grep -c "${secret#whsec_}" \
    "$T/out")" -eq 0

# The receiver that was not there comes; the daemon was killed meanwhile.
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
python3 "$here/receiver.py" "$T/late" --secret $secret --port "$late" \
    >"$T/late.port" &
pids="$pids $!"
check "the late receiver listens" within 10 test -s "$T/late.port"
start_daemon "$conf" "$T/out"
heard() {
	test "$(wc -l <"$T/late")" -gt 0
}
# Its rows have failed twice by now: the next try is five minutes off.
check "a restart waits as long as was left" sh -c "! grep -q . '$T/late'"
"$WEIR" test -c "$conf" >"$T/drill" 2>&1
check "a new row goes out at once" within 10 heard
check "and is signed" grep -q '"verified": true' "$T/late"

stop_daemon
check "it ends cleanly with receivers that hang" test $? -eq 0
finish
