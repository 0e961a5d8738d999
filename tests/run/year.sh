#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A year of logs in a directory, rotated weekly and without years in their
# stamps, is what the same lines with years and zones are in one file; it can
# be interrupted and taken up again, and a second import adds nothing.
. "$(dirname "$0")/lib"

cat >"$T/weir.conf" <<END
[policy]
trusted-networks = 127.0.0.0/8
local-domains = example.org
END
import() {
	db=$1
	shift
	"$WEIR" import -c "$T/weir.conf" --timezone UTC --host mx1 \
	    --db "$T/$db.db" "$@"
}

check "a year is made" python3 "$here/year.py" "$T"
check "the whole file is imported" import whole "$T/whole.log"
check "the directory is imported" import dir "$T/rotated"
dump "$T/whole" --db "$T/whole.db"
dump "$T/dir" --db "$T/dir.db"
check "there are events of both years" sh -c "grep -q 2025-07-01T \
    '$T/dir.events' && grep -q 2026-06- '$T/dir.events'"
same "the same events at the same times" "$T/whole.events" "$T/dir.events"
# The raw lines that prove them have other stamps.
for of in whole dir; do
	sed 's/"evidence":.*//' "$T/$of.alerts" >"$T/$of.titles"
done
same "the same alerts" "$T/whole.titles" "$T/dir.titles"
check "strangers to strangers are among them" test -s "$T/dir.alerts"
import dir "$T/rotated" >"$T/again" 2>&1
has "a second time adds nothing" "Events: 0 new" "$T/again"

# Ended by a signal in its midst, several times.
for i in 1 2 3 4; do
	import pieces "$T/rotated" >/dev/null 2>&1 &
	running=$!
	sleep 0.0$((i * 2))
	kill -INT $running 2>/dev/null
	wait $running
done
check "what was left is imported" import pieces "$T/rotated"
dump "$T/pieces" --db "$T/pieces.db"
same "in pieces it is the same" "$T/dir.events" "$T/pieces.events"
same "and its alerts" "$T/dir.alerts" "$T/pieces.alerts"

finish
