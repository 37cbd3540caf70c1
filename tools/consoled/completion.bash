# bash completion for consoled. What it offers nothing for is completed as a file.
_consoled() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  case $prev in
    --auth) words='none' ;;
    --web-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && return ;;
    -c | --config | --config-file | --socket) return ;;
    *)
      case $cur in
        -*) words='-c --config --config-file --auth --check --pty --socket --verbose --web-dir
      -h --help -v --version' ;;
        *) return ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _consoled consoled
