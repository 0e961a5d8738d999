#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Unpack the mail software of the lab (tests/lab) into DIR/root.
#
#	lab.sh DIR
#
# Debian 12, as root, apt-get only.  Postfix, Dovecot, rsyslog and other
# loggers are downloaded with all they need that this host has not got, and
# *unpacked*:
# no maintainer script runs, nothing of it is installed and no mail server is
# started here.  The lab later lays DIR/root over the host's own tree in a
# mount namespace of its own.  Only plain tools (ip, unshare, journald's
# package) are installed in the ordinary way, if they are missing.
#
# Asks nothing; does nothing when all is there.
#
# Lists of packages are words to be split.
# shellcheck disable=SC2086

set -eu

mail='postfix dovecot-core rsyslog busybox runit daemontools xz-utils
systemd-journal-remote'
# Each of these would be installed instead of rsyslog.
instead='syslog-ng-core inetutils-syslogd'

say() { echo "lab.sh: $*"; }
die() { echo "lab.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die 'usage: lab.sh DIR'
[ "$(id -u)" -eq 0 ] || die 'must be root: it makes namespaces and mounts'

mkdir -p "$1"
dir=$(cd "$1" && pwd)
root=$dir/root
debs=$dir/debs
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

need=
command -v ip >/dev/null || need="$need iproute2"
command -v unshare >/dev/null || need="$need util-linux"
command -v python3 >/dev/null || need="$need python3"
command -v openssl >/dev/null || need="$need openssl"
[ -x /lib/systemd/systemd-journald ] || need="$need systemd"

# What was unpacked, so that another list is unpacked anew.
complete=$root/.complete
unpacked() {
	[ "$(cat "$complete" 2>/dev/null)" = "$mail $instead" ]
}
[ -z "$need" ] && unpacked && exit 0

# Package lists may be missing (a fresh container) or stale.
apt-get -qq update || say 'apt-get update failed; using the lists at hand'

if [ -n "$need" ]; then
	say "installing tools:$need"
	apt-get -qq -y --no-install-recommends install $need
fi
unpacked && exit 0

# What apt would install is exactly what the host lacks.  What it would
# remove (another mail server, say) does not matter: nothing is installed.
# A package that the host has already is taken all the same, to be sure of
# its files.
wanted() {
	apt-get -s --no-install-recommends install "$@" |
	    awk '$1 == "Inst" {print $2}'
}
list=$(wanted $mail)
for package in $instead; do
	list="$list $(wanted $package)"
done
list=$(printf '%s\n' $list $mail $instead | sort -u)

rm -rf "$root" "$debs"
mkdir -p "$root" "$debs"
chmod 755 "$debs"
say downloading: $list
# The sandbox user _apt may not be able to write here; root can.
(cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download $list)
for deb in "$debs"/*.deb; do
	dpkg -x "$deb" "$root"
done

# Debian 12 has one /usr: a real /lib in the overlay would hide the link.
for d in bin sbin lib lib64; do
	if [ ! -d "$root/$d" ] || [ -L "$root/$d" ]; then
		continue
	fi
	mkdir -p "$root/usr/$d"
	cp -a "$root/$d/." "$root/usr/$d/"
	rm -rf "${root:?}/$d"
done
echo "$mail $instead" >"$complete"
say "unpacked into $root"
