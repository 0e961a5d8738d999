#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What an import costs, against programs that only read the same log.
# Prints "name value unit" lines and judges nothing.
#
# usage: import.sh [LOG]
#
# LOG is a Postfix log; by default $WEIR_BENCH_LOG, or the recorded day of the
# stories.  The programs take turns for $ROUNDS (5) rounds; the median of each
# one's elapsed and CPU seconds counts.  BUILD is the directory built in.  Once
# the log is also imported into $WEIR_BENCH_DB, a large database.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-$here/../../build}" && pwd)
given=${1:-${WEIR_BENCH_LOG:-$here/../stories/day.log.gz}}
rounds=${ROUNDS:-5}
export LC_ALL=C TIMEFORMAT='%R %U %S'

work=$(mktemp -d "${TMPDIR:-/tmp}/weir-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
log=$work/mail.log
gzip -cdf -- "$given" >"$log"
gzip -c -- "$log" >"$log.gz"

# measure NAME COMMAND...: a line "elapsed CPU" to $work/NAME.
measure() {
	name=$1
	shift
	bash -c 'time "$@" >/dev/null 2>&1' bash "$@" 2>"$work/time"
	awk '{ print $1, $2 + $3 }' "$work/time" >>"$work/$name"
}

import() {
	rm -f "$work"/db*
	measure "$1" "$build/weir" import --db "$work/db" "$2"
}

# median NAME COLUMN
median() {
	sort -n -k"$2,$2" "$work/$1" |
	    awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

# figures NAME: its seconds.
figures() {
	echo "$1_elapsed $(median "$1" 1) s"
	echo "$1_cpu $(median "$1" 2) s"
}

# ratio NAME OF TO: by elapsed and by CPU time.
ratio() {
	for column in 1 2; do
		echo "$(median "$2" $column) $(median "$3" $column)" |
		    awk -v name="$1$([ $column = 1 ] || echo _cpu)" \
		    '{ printf("%s %.2f ratio\n", name, $2 > 0 ? $1 / $2 : 0) }'
	done
}

i=0
while [ $i -lt "$rounds" ]; do
	import import "$log"
	import import_gz "$log.gz"
	measure zcat zcat "$log.gz"
	measure parse "$build/bench/bench_parse" "$log" 1
	if command -v pflogsumm >/dev/null; then
		measure pflogsumm pflogsumm "$log"
	fi
	i=$((i + 1))
done

echo "machine $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1 |
    tr ' ' '_') $(nproc)_cores"
echo "lines $(wc -l <"$log") lines"
echo "log $(wc -c <"$log") bytes"
figures import
figures import_gz
figures zcat
figures parse
ratio gz_import_to_zcat import_gz zcat
if [ -s "$work/pflogsumm" ]; then
	figures pflogsumm
	ratio pflogsumm_to_import pflogsumm import
	ratio pflogsumm_to_parse pflogsumm parse
fi

if [ -n "${WEIR_BENCH_DB:-}" ]; then
	measure import_large "$build/weir" import --db "$WEIR_BENCH_DB" "$log"
	figures import_large
	[ ! -s "$work/pflogsumm" ] ||
		ratio pflogsumm_to_import_large pflogsumm import_large
fi

import last "$log"
events=$("$build/weir" status --db "$work/db" |
    sed -n 's/^Database:.*, \([0-9]*\) events.*/\1/p')
echo "events ${events:-0} events"
echo "database $(stat -c %s "$work/db") bytes"
[ "${events:-0}" = 0 ] ||
	echo "event_size $(($(stat -c %s "$work/db") / events)) bytes/event"
rm -f "$work"/db*
python3 - "$build/weir" "$work/db" "$log" <<'END'
import resource, subprocess, sys
weir, db, log = sys.argv[1:]
subprocess.run([weir, "import", "--db", db, log], check=True,
               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"import_peak_memory {peak / 1024:.0f} MiB")
END
