#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bursts of three logins: one that is exempt and one found by a detector in
# shadow are listed and told to nobody; the third is told.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$T/secret"
chmod 600 "$T/secret"
: >"$log"
: >"$T/received"
python3 "$here/receiver.py" "$T/received" \
    --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$T/port" &
pids="$pids $!"
check "the receiver listens" within 10 test -s "$T/port"

# SHADOW: is account-spike?
write_conf() {
	cat >"$conf" <<END
[weir]
state-dir = $T/state
budget = 1000
[policy]
trusted-networks = 127.0.0.0/8
local-domains = example.org
[source maillog]
path = $log
[http]
enabled = false
[webhook ok]
url = http://127.0.0.1:$(cat "$T/port")/ok
secret-file = $T/secret
allow-private = true
[detector account-spike]
shadow = $1
messages-floor = 20
[exempt newsletter]
user = news@example.org
reason = the newsletter, every Tuesday
until = 2900-01-01
[exempt old]
user = joe@example.org
reason = he was new
until = 2020-01-01
END
	for d in relay-spike compromised-account slow-leak bounce-rate; do
		printf '[detector %s]\nenabled = false\n' $d >>"$conf"
	done
}

# USER ADDRESS: forty messages of it, now.
burst() {
	python3 - "$1" "$2" >>"$log" <<'END'
import datetime
import sys
user, address = sys.argv[1:]
now = datetime.datetime.now(datetime.timezone.utc)
for i in range(40):
    at = now - datetime.timedelta(seconds=40 - i)
    head = at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00") + " mx1 postfix/"
    qid = f"{user[0].encode().hex().upper()}{i:06X}A"
    for line in (
            f"submission/smtpd[7]: {qid}: client=c.example[{address}], "
            f"sasl_method=PLAIN, sasl_username={user}",
            f"cleanup[8]: {qid}: message-id=<{i}.{user}>",
            f"qmgr[9]: {qid}: from=<{user}>, size=900, nrcpt=1 "
            "(queue active)",
            f"smtp[10]: {qid}: to=<v{i}@far.example>, "
            "relay=mx.far.example[198.51.100.25]:25, delay=0.2, "
            "delays=0.1/0/0/0.1, dsn=2.0.0, status=sent (250 ok)",
            f"qmgr[9]: {qid}: removed"):
        print(head + line)
END
}

# USER: an alert about it is listed.
listed() {
	"$WEIR" alerts -c "$conf" --key "$1" --format jsonl | grep -q .
}

heard() {
	grep -q "$1" "$T/received"
}

write_conf false
"$WEIR" config check -c "$conf" >"$T/check" 2>&1
has "an exemption that is over is told" "[exempt old] is over" "$T/check"
has "and the file is fine" "weir.conf: ok" "$T/check"
start_daemon "$conf" "$T/out"
"$WEIR" status -c "$conf" >"$T/status"
has "the baselines are young" "BASELINES YOUNG" "$T/status"

burst news@example.org 203.0.113.7
check "an exempt burst is listed" within 10 listed news@example.org
burst joe@example.org 203.0.113.8
check "another is told" within 10 heard joe@example.org
check "the exempt one is not" sh -c "! grep -q news@ '$T/received'"

write_conf true
kill -HUP "$daemon"
anew() {
	grep -q "read anew" "$T/out"
}
check "the configuration is read anew" within 5 anew
has "and warns of what is over" "[exempt old] is over" "$T/out"
burst amy@example.org 203.0.113.9
check "what a shadow finds is listed" within 10 listed amy@example.org
"$WEIR" test -c "$conf" >"$T/drill" 2>&1
check "what comes later is told" within 10 heard 'type[\": ]*test'
check "what a shadow finds is not" sh -c "! grep -q amy@ '$T/received'"

"$WEIR" alerts -c "$conf" >"$T/list"
has "the list marks what is exempt" "open, exempt" "$T/list"
has "and what is on trial" "open, shadow" "$T/list"
check "with all that belongs to it" python3 - "$WEIR" "$conf" <<'END'
import json
import subprocess
import sys
weir, conf = sys.argv[1:]
out = subprocess.run([weir, "alerts", "-c", conf, "--format", "jsonl"],
                     check=True, capture_output=True, text=True).stdout
alerts = {a["key"]: a for a in map(json.loads, out.split("\n")[:-1])}
news = alerts["news@example.org"]
assert news["shadow"] and news["severity"] == "info", news
assert news["exempt"] == "the newsletter, every Tuesday", news
assert news["title"].startswith("Exempt (the newsletter, every Tuesday): "
                                "news@example.org sent "), news["title"]
amy = alerts["amy@example.org"]
assert amy["shadow"] and "exempt" not in amy, amy
joe = alerts["joe@example.org"]
assert not joe["shadow"] and "exempt" not in joe, joe
END
id=$("$WEIR" alerts -c "$conf" --key news@example.org --format jsonl |
    sed 's/.*"id":"\([0-9a-f]*\)".*/\1/' | head -n 1)
"$WEIR" alerts show "$id" -c "$conf" >"$T/show"
has "and says why" "exempt: the newsletter, every Tuesday" "$T/show"
"$WEIR" alerts fine "$id" -c "$conf" >"$T/fine" 2>&1
has "fine is for the policy, else an exemption is" \
    "user = news@example.org | detectors = account-spike" "$T/fine"
stop_daemon
finish
