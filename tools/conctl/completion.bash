# bash completion for conctl
_conctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words="" list=""
  case $prev in
    --timeout) return ;;
    --socket) ;;
    *)
      case $cur in
        -*) words='-j --json --socket --timeout -h --help -V --version' ;;
        *)
          if [ "$COMP_CWORD" -eq 1 ] || [ "${COMP_WORDS[1]}" = help ]; then
            words='list show create edit delete logging console log status who kick send break
              reconnect events batch export import web version help'
          elif [ "${COMP_WORDS[1]}" = logging ] && [ "$COMP_CWORD" -eq 3 ]; then
            words='on off'
          elif [ "${COMP_WORDS[1]}" = create ]; then
            words='driver= ondemand=true'
          else
            # compgen expands its words, so nothing but plain names may be among them.
            words=$(conctl -j list 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p')
            list=${cur%"${cur##*,}"}
          fi
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -P "$list" -W "$words" -- "${cur#"$list"}")
}
complete -o default -F _conctl conctl
