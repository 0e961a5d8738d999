# SPDX-License-Identifier: Apache-2.0
# bash completion for weir; `weir help --words` knows the words.
_weir()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD - 1]}

	case $prev in
	-c|--config|--db)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	esac
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(weir help --words 2>/dev/null)" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(weir help --words "${COMP_WORDS[1]}" 2>/dev/null)" \
		    -- "$cur")
	fi
}
complete -o default -F _weir weir
