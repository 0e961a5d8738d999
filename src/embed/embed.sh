#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh OUTDIR NAME=FILE... - write OUTDIR/embed_data.c, a table of the
# files' bytes as they are and gzip'd, sorted by name.  The bytes are taken in
# by the assembler (.incbin); the ETag is the head of their SHA-256.
set -eu
export LC_ALL=C
out=$1
shift
mkdir -p "$out"

type_of() {
	case $1 in
	*.html)	echo 'text/html; charset=utf-8' ;;
	*.js)	echo 'text/javascript; charset=utf-8' ;;
	*.css)	echo 'text/css; charset=utf-8' ;;
	*.svg)	echo 'image/svg+xml' ;;
	*.png)	echo 'image/png' ;;
	*.ico)	echo 'image/x-icon' ;;
	*.json)	echo 'application/json' ;;
	*.sql|*.txt) echo 'text/plain; charset=utf-8' ;;
	*)	echo 'application/octet-stream' ;;
	esac
}

incbin() {
	printf '__asm__(".section .rodata\\n.balign 16\\n"\n'
	printf '    ".global %s\\n%s:\\n"\n' "$1" "$1"
	printf '    ".incbin \\"%s\\"\\n.byte 0\\n.previous\\n");\n' "$2"
	printf 'extern const uint8_t %s[];\n' "$1"
}

bytes=$out/embed_bytes.tmp
table=$out/embed_table.tmp
: >"$bytes"
: >"$table"
i=0
for pair in $(printf '%s\n' "$@" | sort); do
	name=${pair%%=*}
	file=${pair#*=}
	gz=$out/$i.gz
	gzip -9nc "$file" >"$gz"
	etag=$(sha256sum "$file" | cut -c1-16)
	incbin "embed_p$i" "$file" >>"$bytes"
	incbin "embed_g$i" "$gz" >>"$bytes"
	printf '\t{ "%s", "%s", "\\"%s\\"",\n\t    embed_p%d, %d, embed_g%d, %d },\n' \
	    "$name" "$(type_of "$name")" "$etag" \
	    $i "$(wc -c <"$file")" $i "$(wc -c <"$gz")" >>"$table"
	i=$((i + 1))
done
{
	echo '/* Written by src/embed/embed.sh. */'
	echo '#include "weir/embed.h"'
	cat "$bytes"
	echo 'extern const struct embed_file embed_files[];'
	echo 'extern const size_t embed_count;'
	echo 'const struct embed_file embed_files[] = {'
	cat "$table"
	echo '};'
	echo "const size_t embed_count = $i;"
} >"$out/embed_data.c.tmp"
rm -f "$bytes" "$table"
mv "$out/embed_data.c.tmp" "$out/embed_data.c"
