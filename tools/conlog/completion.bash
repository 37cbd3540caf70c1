# bash completion for conlog
_conlog() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words='' before=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  case $prev in
    -n | --lines | -g | --grep) return ;;
    --since) words='today yesterday' ;;
    --until) words='today now' ;;
    --dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && return ;;
    *)
      case $cur in
        -*) words='-n --lines -f --follow --since --until -g --grep -F --fixed -i --ignore-case
      --invert -t --times -e --events -j --json --asciicast -l --list --dir -h --help
      -V --version' ;;
        *)
          # compgen expands its words, so nothing but plain names may be among them.
          words=$(conlog --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*')
          [[ $cur != *,* ]] || before=${cur%,*},
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "${cur#"$before"}")
}
complete -F _conlog conlog
