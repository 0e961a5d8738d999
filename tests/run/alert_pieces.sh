#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the detectors learn from two weeks of mail: the same alerts, to the byte,
# from the whole log, in ten pieces, and with imports that are killed again and
# again; none before the event that opened it; and weir backtest finds the same.
. "$(dirname "$0")/lib"

PYTHONPATH=$stories python3 - "$T" <<'END'
import sys, detect, detect_log
open(sys.argv[1] + "/weir.conf", "w").write(detect_log.POLICY)
names = ["detect-compromised-account", "detect-local-script",
         "detect-password-guessing", "detect-slow-leak"]
# One log of all: the same ordinary weeks, and what each story adds.
lines = sorted({line for name in names
                for line in detect.STORIES[name][1]().splitlines()})
open(sys.argv[1] + "/log", "w").write("\n".join(lines) + "\n")
END
log=$T/log
import() {
	db=$1
	shift
	"$WEIR" import -c "$T/weir.conf" --db "$db" "$@" >/dev/null 2>&1
}
alerts() {
	"$WEIR" alerts --db "$1" --format jsonl
}

check "the whole log" import "$T/whole.db" "$log"
alerts "$T/whole.db" >"$T/whole"
check "raises alerts of four detectors" sh -c "sed 's/.*\"detector\":\"//
    s/\".*//' '$T/whole' | sort -u | [ \$(wc -l) -ge 4 ]"

n=$(wc -l <"$log")
for piece in 1 2 3 4 5 6 7 8 9 10; do
	head -n $((n * piece / 10)) "$log" >"$T/grown"
	import "$T/pieces.db" "$T/grown" || no "piece $piece"
done
alerts "$T/pieces.db" >"$T/pieces"
same "ten pieces" "$T/whole" "$T/pieces"

killed=0
for ms in 20 60 100 150 200 300 400; do
	timeout -s KILL "0.$(printf %03d $ms)" "$WEIR" import \
	    -c "$T/weir.conf" --db "$T/killed.db" "$log" >/dev/null 2>&1
	[ $? -eq 137 ] && killed=$((killed + 1))
done
check "imports were killed ($killed)" test "$killed" -gt 0
check "and one went through" import "$T/killed.db" "$log"
alerts "$T/killed.db" >"$T/killed"
same "killed" "$T/whole" "$T/killed"

check "no alert is older than what opened it" python3 - "$T/whole" <<'END'
import json, sys
for alert in map(json.loads, open(sys.argv[1])):
    assert alert["time"] >= alert["first_seen"], alert["title"]
    assert alert["time"] <= alert["last_seen"], alert["title"]
END

"$WEIR" backtest -c "$T/weir.conf" --db "$T/whole.db" --format jsonl \
    >"$T/again" 2>"$T/said"
check "a backtest with these settings finds the same" python3 - "$T/again" \
    <<'END'
import json, sys
pairs = [json.loads(line) for line in open(sys.argv[1])]
assert pairs and all(p["was"] and p["would"] for p in pairs)
for p in pairs:
    for key in ("id", "time", "severity", "title", "count", "reasons"):
        assert p["was"][key] == p["would"][key], (key, p["was"]["title"])
END
cp "$T/weir.conf" "$T/other.conf"
printf '[detector local-script]\nenabled = false\n' >>"$T/other.conf"
"$WEIR" backtest -c "$T/other.conf" --db "$T/whole.db" >"$T/other" 2>&1
has "other settings are laid beside" "only then" "$T/other"

finish
