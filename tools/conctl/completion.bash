# bash completion for conctl
_conctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
  case $prev in
    --timeout) return ;;
    --socket) ;;
    *)
      case $cur in
        -*) words='-j --json --socket --timeout -h --help -V --version' ;;
        *)
          if [ "$COMP_CWORD" -eq 1 ]; then
            words='list show create edit delete logging console status who kick send break reconnect
              events batch export import web version help'
          else
            # compgen expands its words, so nothing but plain names may be among them.
            words=$(conctl -j list 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p')
          fi
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _conctl conctl
