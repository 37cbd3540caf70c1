# bash completion for ptybufferd. What it offers nothing for is completed as a file.
_ptybufferd() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
  case $prev in
    --auth) words='none' ;;
    --log | --output | --attach | --control | --lines | --tail | --umask | --info | --size) return ;;
    --history-bytes | --name | --rotate-bytes | --rotate-files | --term) return ;;
    -[lonAtuyS]) return ;;
    *)
      case $cur in
        -*) words='-a --about -c --check -d --foreground -e --echo-input -f --force -g --tolerate -i
      --immediate -k --drop-unfinished -l --log -n --lines -o --output -p --stamp -q --quiet -r
      --tcp -s --stdio -t --tail -u --umask -w --wait -y --info -A --attach -R --restart -S
      --size --auth --control --history-bytes --name --rotate-bytes --rotate-files --term -v
      --verbose -h --help -V --version' ;;
        *)
          mapfile -t COMPREPLY < <(compgen -A file -A command -- "$cur")
          return
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _ptybufferd ptybufferd
