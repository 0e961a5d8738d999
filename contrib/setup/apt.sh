# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Read by build.sh and check.sh: install the Debian packages that are not there
# yet.  Asks nothing; says and does nothing when all is there.

need() {
	missing=
	for p in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$p" \
		    2>/dev/null) in
		installed) ;;
		*) missing="$missing $p" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "weir: run as root: apt-get install$missing" >&2
		exit 1
	fi
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	apt-get -qq update || echo 'apt-get update failed; going on' >&2
	# shellcheck disable=SC2086
	apt-get -qq -y --no-install-recommends install $missing >/dev/null
}
