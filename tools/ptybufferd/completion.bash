# bash completion for ptybufferd. What it offers nothing for is completed as a file.
_ptybufferd() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  # The command is what comes behind options and socket.
  local i socket=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --name | --log | --output | --attach | --control | --lines | --tail | --umask | --info | --size | \
        --auth | --history-bytes | --rotate-bytes | --rotate-files | --term | -[lonAtuyS])
        [[ ${COMP_WORDS[i]} != --name ]] || socket=given
        [[ ${COMP_WORDS[i + 1]} != = ]] || ((i++))
        ((i++))
        ;;
      -*) ;;
      *) [ -z "$socket" ] || break && socket=given ;;
    esac
  done
  if ((i < COMP_CWORD)); then
    # bash-completion, where it is installed, knows other commands.
    ! declare -F _command_offset >/dev/null || _command_offset "$i"
    return
  fi
  case $prev in
    --auth) words='none' ;;
    --log | --output | --attach | --control | -[loA]) return ;;
    --lines | --tail | --umask | --info | --size | --history-bytes | --name | --rotate-bytes | \
      --rotate-files | --term | -[ntuyS]) compopt +o default && return ;;
    *)
      case $cur in
        -*) words='-a --about -c --check -d --foreground -e --echo-input -f --force -g --tolerate -i
      --immediate -k --drop-unfinished -l --log -n --lines -o --output -p --stamp -q --quiet -r
      --tcp -s --stdio -t --tail -u --umask -w --wait -y --info -A --attach -R --restart -S
      --size --auth --control --history-bytes --name --rotate-bytes --rotate-files --term -v
      --verbose -h --help -V --version' ;;
        *)
          [ -z "$socket" ] || mapfile -t COMPREPLY < <(compgen -c -- "$cur")
          return
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _ptybufferd ptybufferd
