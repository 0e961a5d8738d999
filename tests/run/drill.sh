#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fire drill, to a real receiver; and an alert to the same.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
echo "$secret" >"$T/secret"
chmod 600 "$T/secret"
: >"$log"
: >"$T/received"
python3 "$here/receiver.py" "$T/received" --secret "$secret" --mode "$T/mode" \
    >"$T/port" &
pids="$pids $!"
check "the receiver listens" within 10 test -s "$T/port"
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
[webhook oncall]
url = http://127.0.0.1:$(cat "$T/port")/ok
secret-file = $T/secret
allow-private = true
END

"$WEIR" test -c "$conf" >"$T/nobody" 2>&1
check "without a daemon it fails" test $? -eq 3
has "and says why" "no daemon watches" "$T/nobody"

start_daemon "$conf" "$T/out"
"$WEIR" test -c "$conf" >"$T/drill" 2>&1
check "the drill succeeds" test $? -eq 0
has "the line was read" "read from $log" "$T/drill"
has "stored" "stored" "$T/drill"
has "and the webhook answered" "webhook oncall answered 204" "$T/drill"
has "the body is a test" '\"type\":\"test\"' "$T/received"
has "signed" '"verified": true' "$T/received"
if [ ! -S /dev/log ]; then
	has "it says that no logger was there" "put in at the reader" "$T/drill"
fi

echo '2026-01-01T00:00:00Z mx1 weir[1]: fire drill 0123456789ab' >>"$log"
sleep 0.5
check "somebody else's drill starts nothing" \
    test "$(wc -l <"$T/received")" -eq 1

# Lines of now: an old one would not page anybody.
now=$(date -u +%Y-%m-%dT%H:%M:%S.%6N+00:00)
sed "s/^[^ ]*/$now/" "$stories/open-relay.log" >>"$log"
told() {
	grep -q 'alert.opened' "$T/received"
}
check "an alert reaches it within a second" within 1 told
id=$("$WEIR" alerts -c "$conf" --format jsonl | head -n 1 |
    sed 's/.*"id":"\([0-9a-f]*\)".*/\1/')
"$WEIR" alerts -c "$conf" resolve "$id" --note done >/dev/null
resolved() {
	grep -q 'alert.resolved' "$T/received"
}
check "and its end" within 2 resolved
opened=$(grep -c 'alert.opened' "$T/received")
check "each alert once" test "$opened" -eq \
    "$("$WEIR" alerts -c "$conf" --format jsonl | wc -l)"

# The receiver is down: the drill says so, and a row waits.
echo 500 >"$T/mode"
"$WEIR" test -c "$conf" >"$T/drill" 2>&1
check "a receiver that fails, fails the drill" test $? -eq 3
has "with what it answered" "500" "$T/drill"

stop_daemon
finish
