# bash completion for lineman
_lineman() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  case $prev in
    -t | --timeout) return ;;
    *)
      case $cur in
        -*) words='--once -t --timeout -h --help -V --version' ;;
        *) case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
            *' up '* | *' down '*) words=consoled ;;
            *' tour '*) compopt -o default && return ;;
            *' env '* | *' status '*) ;;
            *) words='up down env status tour' ;;
          esac ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _lineman lineman
