#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What weir makes of logs that were recorded in its lab (tests/stories): import
# them, print the alerts, and serve the page until Ctrl-C.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
weir=$BUILD/weir
dir=$BUILD/demo
listen=${LISTEN:-127.0.0.1:8425}

rm -rf "$dir"
mkdir -p "$dir"
dir=$(realpath "$dir")
echo "Importing tests/stories:"
for log in tests/stories/*.log tests/stories/*.log.gz; do
	[ -e "$log" ] || continue
	story=$(basename "${log%.gz}" .log)
	printf '  %-24s ' "$story"
	"$weir" import -c "tests/stories/$story.conf" --db "$dir/weir.db" \
	    "$log" 2>&1 | sed -n 's/^Lines: *\([0-9]*\) .*/\1 lines,/p
	    s/^Alerts: \([0-9]*\).*/\1 alerts opened/p' | tr '\n' ' '
	echo
done
echo
"$weir" alerts --db "$dir/weir.db"

# A daemon with nothing to follow: it only shows what was imported.
: >"$dir/mail.log"
cat >"$dir/weir.conf" <<EOF
[weir]
state-dir = $dir
user = $(id -un)
[source demo]
path = $dir/mail.log
[http]
listen = $listen
EOF
echo
echo "http://$listen/ shows them; Ctrl-C ends."
exec "$weir" daemon -c "$dir/weir.conf"
