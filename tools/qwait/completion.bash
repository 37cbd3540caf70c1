# bash completion for qwait. What it offers nothing for is completed as a file.
_qwait() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
  # What comes after the command of -x is the command's.
  local i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -x || $word == --exec ]] && ((COMP_CWORD > i)); then
      if ((COMP_CWORD == i + 1)); then mapfile -t COMPREPLY < <(compgen -c -- "$cur"); fi
      return
    fi
  done
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
complete -o default -F _qwait qwait
