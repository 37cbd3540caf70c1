# bash completion for lineman. What it offers nothing for is completed as a file.
_lineman() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
  case $prev in
    -t | --timeout) return ;;
    *)
      case $cur in
        -*) words='--once -t --timeout -h --help -V --version' ;;
        *) case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
            *' up '* | *' down '*) words=consoled ;;
            *' env '* | *' status '* | *' tour '*) ;;
            *) words='up down env status tour' ;;
          esac ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _lineman lineman
