#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install what building and testing weir needs; Debian 12.
#
#	check.sh [tools]
#
# With `tools` also what `make lint asan tsan fuzz cover bench` need.
set -eu
here=$(dirname "$0")
# shellcheck source=contrib/setup/apt.sh
. "$here/apt.sh"

"$here/build.sh"
need git libcmocka-dev python3 sqlite3 curl openssl mandoc shellcheck \
	logrotate runit xz-utils bzip2 zstd \
	chromium chromium-driver
if [ "${1-}" = tools ]; then
	need clang llvm clang-tidy cppcheck lcov pflogsumm \
	    libasan8 libtsan2 libubsan1
fi
