# bash completion for qput. What it offers nothing for is completed as a file.
_qput() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  case $prev in
    # compgen expands its words, so nothing but plain names may be among them.
    -q | --queue | -w | --work)
      compopt +o default
      words=$(qwait --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*')
      ;;
    -p | --priority | -u | --unique | --delay | --tries | --max | -t | --timeout | --redis)
      compopt +o default && return
      ;;
    *)
      case $cur in
        -*) words='-q --queue -w --work -p --priority -u --unique --delay --tries --max --drop-oldest
      --result -t --timeout -0 --null -J --json-input -j --json --redis -v --verbose -h --help
      -V --version' ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _qput qput
