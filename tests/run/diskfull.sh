#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A full disk: the daemon stays up, says so once, status shows it, and when
# there is room again nothing is lost.
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
END
: >"$log"
start_daemon "$conf" "$T/out"
sed 100q "$stories/open-relay.log" >>"$log"
sleep 0.5

head -c 8m /dev/zero >"$T/disk/ballast" 2>/dev/null
tail -n +101 "$stories/open-relay.log" >>"$log"
cat "$stories/normal.log" >>"$log"
full() {
	"$WEIR" status -c "$conf" | grep -q "NOT WATCHING.*disk is full"
}
check "status says that the disk is full" within 10 full
check "the daemon is up" kill -0 "$daemon"
sleep 6
check "it said so once" test "$(grep -c "disk is full" "$T/out")" -eq 1

rm "$T/disk/ballast"
works() {
	"$WEIR" status -c "$conf"
}
check "with room again it goes on" within 20 works
has "and says so" "can be written again" "$T/out"
sleep 3
stop_daemon
dump "$T/full" -c "$conf"
"$WEIR" import -c "$conf" --db "$T/quiet.db" "$log" >/dev/null 2>&1
dump "$T/quiet" --db "$T/quiet.db"
cut -c 1-120 "$T/full.events" >"$T/full.ids"
cut -c 1-120 "$T/quiet.events" >"$T/quiet.ids"
same "nothing is lost" "$T/quiet.ids" "$T/full.ids"
same "nor any alert" "$T/quiet.alerts" "$T/full.alerts"

finish
