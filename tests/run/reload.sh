#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGHUP: a new configuration is taken up, one with mistakes is not, and no
# line is lost or doubled over it.  Then a log that may not be read.
. "$(dirname "$0")/lib"

conf=$T/weir.conf
write_conf() {
	cat >"$conf" <<END
[weir]
state-dir = $T/state
[policy]
trusted-networks = $1
local-domains = example.org, mx1.example.org, choir.example, alias.example
relay-domains = backup.example.net
[http]
enabled = false
END
}

one=$T/one.log
two=$T/two.log
: >"$one"
write_conf "127.0.0.0/8, ::1, 10.20.0.0/24"
printf '[source one]\npath = %s\n' "$one" >>"$conf"
start_daemon "$conf" "$T/out"

# Lines come all the while.
(while read -r line; do
	echo "$line"
	sleep 0.002
done <"$stories/open-relay.log") >>"$one" &
writer=$!
pids="$pids $writer"

echo "[polcy]" >>"$conf"
kill -HUP "$daemon"
said() {
	grep -q "stays in force" "$T/out"
}
check "a mistake is refused" within 5 said
has "with file, line and what was meant" "weir.conf:" "$T/out"
check "and watching goes on" "$WEIR" status -c "$conf" --db "$T/state/weir.db"

write_conf "127.0.0.0/8, ::1, 10.20.0.0/24"
cp "$stories/normal.log" "$two"
printf '[source one]\npath = %s\n[source two]\npath = %s\n' "$one" "$two" \
    >>"$conf"
kill -HUP "$daemon"
shows_two() {
	"$WEIR" status -c "$conf" | grep -q "$two"
}
check "another source is taken up" within 5 shows_two
wait "$writer"
sleep 1
stop_daemon
dump "$T/live" -c "$conf"
"$WEIR" import -c "$conf" --db "$T/quiet.db" "$one" >/dev/null 2>&1
"$WEIR" import -c "$conf" --db "$T/quiet.db" "$two" >/dev/null 2>&1
dump "$T/quiet" --db "$T/quiet.db"
cut -c 1-120 "$T/live.events" >"$T/live.ids"
cut -c 1-120 "$T/quiet.events" >"$T/quiet.ids"
same "nothing lost, nothing twice" "$T/quiet.ids" "$T/live.ids"

# The same lines from two files: the second is paused.
write_conf "127.0.0.0/8"
a=$T/a.log
b=$T/b.log
: >"$a"
: >"$b"
rm -rf "$T/state"
printf '[source a]\npath = %s\n[source b]\npath = %s\n' "$a" "$b" >>"$conf"
start_daemon "$conf" "$T/out"
tee -a "$b" <"$stories/normal.log" >>"$a"
paused() {
	"$WEIR" status -c "$conf" | grep -q "carries the same lines as"
}
check "two files with the same lines are noticed" within 5 paused
"$WEIR" query -c "$conf" --kind notice --format jsonl >"$T/notice"
has "there is a notice" "carries the same lines" "$T/notice"
stop_daemon
start_daemon "$conf" "$T/out"
check "and a restart remembers" within 5 paused
stop_daemon

# A log that may not be read, for which weir must not be root.
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	echo "skipped: a log that may not be read (needs root)"
	finish
fi
rm -rf "$T/state"
mkdir "$T/state"
chown 65534:65534 "$T/state"
chmod 755 "$T"
secretive=$T/secretive.log
cp "$stories/normal.log" "$secretive"
chmod 600 "$secretive"
write_conf "127.0.0.0/8"
printf '[source s]\npath = %s\n' "$secretive" >>"$conf"
cp "$WEIR" "$T/weir"
setpriv --reuid=65534 --regid=65534 --clear-groups "$T/weir" daemon \
    -c "$conf" >"$T/denied" 2>&1 &
daemon=$!
pids="$pids $daemon"
denied() {
	"$WEIR" status -c "$conf" | grep -q "NOT WATCHING"
}
check "a log that may not be read: NOT WATCHING" within 10 denied
raised() {
	"$WEIR" alerts -c "$conf" --format jsonl >"$T/alerts"
	grep -q '"detector":"source"' "$T/alerts"
}
check "an alert" within 5 raised
has "with the command that mends it" "$secretive" "$T/alerts"
chmod 644 "$secretive"
mended() {
	"$WEIR" alerts -c "$conf" --format jsonl | grep -q '"state":"resolved"'
}
check "it resolves itself" within 20 mended
check "and the log is read" "$WEIR" status -c "$conf"
stop_daemon

finish
