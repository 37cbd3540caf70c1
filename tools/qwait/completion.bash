# bash completion for qwait
_qwait() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  # What comes after -x is a command, and that one's words.
  local i
  for ((i = 2; i <= COMP_CWORD; i++)); do
    case ${COMP_WORDS[i - 1]} in
      -x | --exec) break ;;
    esac
  done
  if ((i == COMP_CWORD)); then
    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
    return
  elif ((i < COMP_CWORD)); then
    # bash-completion, where it is installed, knows other commands.
    compopt -o default
    ! declare -F _command_offset >/dev/null || _command_offset "$i"
    return
  fi
  case $prev in
    # compgen expands its words, so nothing but plain names may be among them.
    -q | --queue | -w | --work) words=$(qwait --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*') ;;
    --dead) words='list requeue drop' ;;
    -n | --count | -t | --timeout | --silent | -i | --id | --coalesce | -P | --jobs | --tries | --backoff | --lease | --ack | --release | --bury | --remove | --redis) return ;;
    *)
      case $cur in
        -*) words='-q --queue -w --work -x --exec -n --count -t --timeout --silent -i --id --coalesce
      --keep-going --forget -P --jobs --tries --backoff --lease --hold --ack --release --bury
      --remove --peek --stats --list --dead -0 --null -j --json --redis -v --verbose -h --help
      -V --version' ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _qwait qwait
