# bash completion for ptyattach. A name that no job has is completed as a file.
_ptyattach() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words='' list=''
  # readline takes --option=value for three words.
  [ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
  [ "$cur" != = ] || cur=''
  case $prev in
    --from) words='all line now' ;;
    -p | --print | -x | --detach | --linger) compopt +o default && return ;;
    *)
      case $cur in
        -*) words='-b --batch -e --close -i --no-newline -n --no-stdin -p --print -q --quiet -r --readonly -x
      --detach -j --json --from --linger -v --verbose -h --help -V --version' ;;
        # compgen expands its words, so nothing but plain names may be among them.
        *)
          words=$(ptyattach -j 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p')
          list=${cur%"${cur##*,}"}
          ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -P "$list" -W "$words" -- "${cur#"$list"}")
}
complete -o default -F _ptyattach ptyattach
