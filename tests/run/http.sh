#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real daemon over HTTP: a relay that is logged is an alert in the API,
# the metrics and the events; health tells a log that is not there; nothing
# but loopback is listened on.
. "$(dirname "$0")/lib"

log=$T/mail.log
conf=$T/weir.conf
err=$T/daemon.err

get() {		# PATH [CURL ARGUMENT...]
	path=$1
	shift
	curl -s --noproxy '*' -o "$T/body" -w '%{http_code} %{content_type}' \
	    "$@" "http://127.0.0.1:$port$path" >"$T/code"
}

says() {	# PATH STATUS TEXT [CURL ARGUMENT...]: status, text in the body
	path=$1 want=$2 text=$3
	shift 3
	get "$path" "$@" && grep -q "^$want " "$T/code" &&
	    grep -qF -e "$text" "$T/body"
}

config() {	# LISTEN LOG
	mkdir -p "$T/state"
	cat >"$conf" <<-END
	[weir]
	state-dir = $T/state
	[policy]
	trusted-networks = 127.0.0.0/8
	local-domains = example.org
	[source maillog]
	path = $2
	[http]
	listen = $1
	END
}

start() {	# LOG
	config 127.0.0.1:0 "$1"
	: >"$err"
	"$WEIR" daemon -c "$conf" 2>"$err" &
	daemon=$!
	pids="$pids $daemon"
	within 20 grep -q 'HTTP on' "$err" || cat "$err"
	port=$(sed -n 's/.*HTTP on .*, port \([0-9]*\)$/\1/p' "$err")
}

relay() {	# QUEUE-ID CLIENT RECIPIENT
	now=$(date -u +%Y-%m-%dT%H:%M:%S.%6N+00:00)
	cat >>"$log" <<-END
	$now mx1 postfix/smtpd[10]: connect from unknown[$2]
	$now mx1 postfix/smtpd[10]: $1: client=unknown[$2]
	$now mx1 postfix/cleanup[11]: $1: message-id=<$1@example.com>
	$now mx1 postfix/qmgr[12]: $1: from=<a@example.com>, size=481, nrcpt=1 (queue active)
	$now mx1 postfix/smtp[13]: $1: to=<$3>, relay=mx.example.net[203.0.113.25]:25, delay=0.9, delays=0.3/0.1/0.2/0.3, dsn=2.0.0, status=sent (250 2.0.0 Ok)
	$now mx1 postfix/qmgr[12]: $1: removed
	END
}

: >"$log"
start "$log"
check "health is good" within 20 says /healthz 200 "OK: watching $log"
check "no alert at first" says /api/v1/alerts 200 '{"items":[],"next":null}'
relay 4F2B81C0D3 198.51.100.77 b@example.net
check "the relay is an alert" within 20 \
    says '/api/v1/alerts?state=open' 200 '"key":"198.51.100.0/24"'
has "it is critical" '"severity":"critical"' "$T/body"
has "its evidence is the log" 'client=unknown[198.51.100.77]' "$T/body"
check "events are found by queue id" \
    says '/api/v1/events?queue-id=4F2B81C0D3&kind=delivery' 200 \
    '"class":"open_relay"'
check "messages are found by client" \
    says '/api/v1/messages?client=198.51.100.0/24' 200 '"kind":"message"'
check "traffic counts the pair" says /api/v1/traffic 200 '"open_relay":1}'
check "metrics count the alert" \
    says /metrics 200 'weir_alerts_open{severity="critical"} 1'
has "metrics say what they are" \
    'application/openmetrics-text; version=1.0.0; charset=utf-8' "$T/code"
check "metrics end" test "$(tail -n 1 "$T/body")" = '# EOF'
check "status tells the beliefs" \
    says /api/v1/status 200 '"value":"example.org"'
check "the page is there" says / 200 '<title>weir</title>'
check "its script is there" says /app.js 200 'api/v1/alerts'
check "a foreign name is refused" \
    says /api/v1/status 421 'localhost' -H 'Host: rebind.example'
check "a wrong filter is told" says '/api/v1/events?sendr=x' 400 \
    "did you mean 'sender'?"
check "it ends well" stop_daemon

start "$T/none.log"
check "a missing log is bad health" within 20 \
    says /healthz 503 'NOT WATCHING: '
check "the status says so" says /api/v1/status 200 '"watching":false'
check "what was stored is still there" \
    says /api/v1/alerts 200 '"key":"198.51.100.0/24"'
check "it ends well" stop_daemon

config 0.0.0.0:0 "$log"
timeout 20 "$WEIR" daemon -c "$conf" 2>"$err"
check "another address is a mistake" test $? -eq 3
has "and it says which" '"0.0.0.0:0" is not a loopback address' "$err"
finish
