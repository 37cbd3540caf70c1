# bash completion for ptyattach. What it offers nothing for is completed as a file.
_ptyattach() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=
  case $prev in
    --from) words='all line now' ;;
    -p | --print | -x | --detach | --linger) return ;;
    *)
      case $cur in
        -*) words='-b --batch -e --close -i --no-newline -n --no-stdin -p --print -q --quiet -r --readonly -x
      --detach -j --json --from --linger -v --verbose -h --help -V --version' ;;
        # compgen expands its words, so nothing but plain names may be among them.
        *) words=$(ptyattach -j 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p') ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _ptyattach ptyattach
