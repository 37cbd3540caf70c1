# bash completion for ptyautostart
_ptyautostart() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=
  case $cur in
    -*) words='-l --list -n --dry-run -v --verbose -h --help -V --version' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _ptyautostart ptyautostart
