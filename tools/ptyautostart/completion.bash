# bash completion for ptyautostart. What it offers nothing for is completed as a file.
_ptyautostart() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=
  case $cur in
    -*) words='-l --list -n --dry-run -v --verbose -h --help -V --version' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _ptyautostart ptyautostart
