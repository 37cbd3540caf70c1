#compdef conctl

# Names, and label=value.
_conctl_names() {
  { conctl -j status || conctl -j list; } 2>/dev/null | tr '{,' '[\n*]' | sed -n \
    -e '/^"labels":$/,/}$/s/^"\([A-Za-z0-9._-]*\)":"\([A-Za-z0-9._-]*\)"}*$/\1=\2/p' \
    -e 's/^"\(console\|name\)":"\([A-Za-z0-9._-]*\)".*/\2/p' | sort -u
}
_conctl_labels() { compadd -- ${(f)"$(_conctl_names | grep '=')"} }
# Name= of each parameter of the driver that is named; of all drivers where none is.
_conctl_params() {
  compset -P '*,'
  compadd -S '' -- ${(fu)"$(conctl drivers ${${(M)words:#driver=*}#driver=} 2>/dev/null | awk '{ print $2 "=" }')"}
}

# Its last argument says which one it is.
_conctl_operand() {
  case $command:${@[-1]} in
    help:1) compadd -a commands ;;
    import:1) _files ;;
    create:1) ;;
    create:* | edit:[23])
      compadd driver={cmd,ptybuffer,ssh,sshcmd,tcp,telnet,tty,unix} ondemand={false,true} ;;
    logging:2) compadd on off ;;
    break:2) compadd {1..9} ;;
    drivers:1) compadd cmd ptybuffer ssh sshcmd tcp telnet tty unix ;;
    kick:2) compadd -- ${(f)"$(conctl who $words[2] 2>/dev/null | awk '{ print $2 }')"} ;;
    (edit|logging|kick|send|tell|note|break|show):1 | (list|delete|console|log|status|who|down|reconnect|events|export):*)
      compset -P '*,'
      compadd -- ${(f)"$(_conctl_names)"} ;;
  esac
}

# The options of a command are what its --help says.
_conctl_command() {
  local command=$words[1] line values more
  local -a match mbegin mend options commands
  commands=(list show create edit delete drivers logging console log status who kick send tell note break
    down reconnect events batch export import web version help)
  (( CURRENT > 1 )) || { compadd -a commands; return }
  while IFS= read -r line; do
    [[ $line =~ '^ {2,6}(-.)?(, )?(--[a-z-]+)( [A-Z=]+)?' ]] || continue
    more=
    case $match[3] in
      --since) values='(today yesterday)' ;;
      --until) values='(today now)' ;;
      --label) values=_conctl_labels more='*' ;;
      --param | --params) values=_conctl_params more='*' ;;
      *) values=' ' ;;
    esac
    options+=("$more$match[3]${match[4]:+=:value:$values}")
    [[ -z $match[1] ]] || options+=("$more$match[1]${match[4]:++:value:$values}")
  done < <(conctl "$command" --help 2>/dev/null)
  _arguments -s -S $options '1:operand:_conctl_operand 1' '2:operand:_conctl_operand 2' \
    '*:operand:_conctl_operand 3'
}

_arguments -s -S -A '-*' \
  '(-j --json)'{-j,--json}'[JSON lines, of errors too]' \
  '--socket=[the socket of consoled]:socket:_files' \
  '--timeout=[for an answer (5)]:seconds: ' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '*::command:_conctl_command'
