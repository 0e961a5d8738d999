#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A full disk: mail is watched and alerts arrive all the same, status says that
# nothing is stored; when there is room again the log is read anew: no event is
# missing or doubled, no alert is told twice, and a notice has the extent.
. "$(dirname "$0")/lib"

if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: a full disk needs root for a small tmpfs"
	finish
fi
mkdir "$T/disk"
if ! mount -t tmpfs -o size=4m tmpfs "$T/disk" 2>/dev/null; then
	echo "skipped: no tmpfs can be mounted here"
	rmdir "$T/disk"
	finish
fi

log=$T/mail.log
conf=$T/weir.conf
secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
echo $secret >"$T/secret"
chmod 600 "$T/secret"
: >"$T/received"
python3 "$here/receiver.py" "$T/received" --secret $secret >"$T/port" &
pids="$pids $!"
check "the receiver listens" within 10 test -s "$T/port"
cat >"$conf" <<END
[weir]
state-dir = $T/disk
[policy]
trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24
local-domains = example.org, mx1.example.org, choir.example, alias.example
relay-domains = backup.example.net
[source maillog]
path = $log
[http]
enabled = false
[webhook oncall]
url = http://127.0.0.1:$(cat "$T/port")/oncall/ok
secret-file = $T/secret
allow-private = true
END
: >"$log"
start_daemon "$conf" "$T/out"

# FILE: its lines as if they were written now.
write() {
	now=$(date -u +%Y-%m-%dT%H:%M:%S.%6N+00:00)
	sed "s/^[^ ]*/$now/" "$1" >>"$log"
}
# N: so many alerts were told as opened, none of them twice.
told() {
	python3 - "$T/received" "$1" <<'END'
import collections, json, sys
ids = collections.Counter(n["id"] for n in map(json.loads, open(sys.argv[1]))
                          if '"alert.opened"' in n["body"])
print(ids)
assert len(ids) == int(sys.argv[2]) and set(ids.values()) <= {1}
END
}

sed 60q "$stories/open-relay.log" >"$T/first"
tail -n +61 "$stories/open-relay.log" >"$T/rest"
write "$T/first"
first() {
	test -s "$T/received"
}
check "with room alerts arrive" within 10 first
sleep 1
before=$(grep -c alert.opened "$T/received")

head -c 8m /dev/zero >"$T/disk/ballast" 2>/dev/null
write "$stories/normal.log"
write "$T/rest"
full() {
	"$WEIR" status -c "$conf" >"$T/status"
	grep -q "^NOT STORING: .*disk is full" "$T/status"
}
check "status says that nothing is stored" within 10 full
seen=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)
check "and is no success" sh -c "! '$WEIR' status -c '$conf'"
check "the daemon is up" kill -0 "$daemon"
"$WEIR" import -c "$conf" --db "$T/all.db" "$log" >/dev/null 2>&1
all=$("$WEIR" alerts --db "$T/all.db" --format jsonl | wc -l)
check "more alerts are to come" test "$all" -gt "$before"
check "they arrive while the disk is full" within 10 told "$all"
check "changes are refused" sh -c "'$WEIR' alerts -c '$conf' ack \
    \$('$WEIR' alerts --db '$T/all.db' --format jsonl | head -n 1 |
    sed 's/.*\"id\":\"\([0-9a-f]*\).*/\1/') 2>&1 | grep -q 'disk is full'"
sleep 6
check "it said so once" test "$(grep -c "disk is full" "$T/out")" -eq 1

# Started anew on the full disk it goes on watching; what was told before was
# told by the one that ended, and may be told once more.
stop_daemon
cp "$T/received" "$T/received.1"
start_standing_in() {
	"$WEIR" daemon -c "$conf" >>"$T/out" 2>&1 &
	daemon=$!
	pids="$pids $daemon"
}
start_standing_in
check "it starts on a full disk" within 10 full
cp "$T/received.1" "$T/received"

rm "$T/disk/ballast"
works() {
	"$WEIR" status -c "$conf"
}
check "with room again it stores" within 20 works
has "and says so" "can be written again" "$T/out"
write "$stories/normal.log"
sleep 3
check "no alert was told twice" told "$all"
stop_daemon
dump "$T/full" -c "$conf"
grep -v '"kind":"notice"' "$T/full.events" >"$T/full.mail"
"$WEIR" import -c "$conf" --db "$T/quiet.db" "$log" >/dev/null 2>&1
dump "$T/quiet" --db "$T/quiet.db"
same "nothing is lost or doubled" "$T/quiet.events" "$T/full.mail"
"$WEIR" query -c "$conf" --kind notice --format jsonl >"$T/notices"
has "a notice has the extent" "nothing was stored (" "$T/notices"
since=$(sed -n 's/.*from \([^ ]*\) to .* nothing was stored.*/\1/p' \
    "$T/notices")
check "from before the daemon was started anew" sh -c "printf '%s\n' \
    $since $seen | sort -c"
check "it is one" test "$(grep -c not_stored "$T/notices")" -eq 1

finish
