#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install what building weir needs; Debian 12.
set -eu
# shellcheck source=contrib/setup/apt.sh
. "$(dirname "$0")/apt.sh"

need gcc libc6-dev make pkgconf binutils gzip coreutils \
	libsystemd-dev libsqlite3-dev libmicrohttpd-dev zlib1g-dev \
	libcurl4-gnutls-dev nettle-dev libgnutls28-dev libjansson-dev \
	libinih-dev libsmartcols-dev
