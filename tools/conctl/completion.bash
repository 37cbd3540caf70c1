# bash completion for conctl

# Names, and label=value. compgen expands its words, so nothing but plain ones may be among them.
_conctl_consoles() {
  { conctl -j status || conctl -j list; } 2>/dev/null | tr '{,' '[\n*]' | sed -n \
    -e '/^"labels":$/,/}$/s/^"\([A-Za-z0-9._-]*\)":"\([A-Za-z0-9._-]*\)"}*$/\1=\2/p' \
    -e 's/^"\(console\|name\)":"\([A-Za-z0-9._-]*\)".*/\2/p' | sort -u
}

# Name= of each parameter of the driver in these words; of all drivers where none is.
_conctl_params() {
  local word driver=()
  for word; do [[ $word != driver=* ]] || driver=("${word#driver=}"); done
  conctl drivers "${driver[@]}" 2>/dev/null | awk '{ print $2 "=" }' | sort -u
}

_conctl() {
  local line operands=() i words='' head=''
  # Words as the shell takes them: readline breaks them at =, too.
  read -ra line <<<"${COMP_LINE:0:COMP_POINT}."
  local cur=${line[-1]%.} prev=${line[-2]}
  for ((i = 1; i < ${#line[@]} - 1; i++)); do
    case ${line[i]} in
      --socket | --timeout) ((i++)) ;;
      -*) ;;
      *) operands+=("${line[i]}") ;;
    esac
  done
  case $cur in
    --*=*) prev=${cur%%=*} head=$prev= ;;
    -*) prev='' ;;
    *,*) head=${cur%,*}, ;;
  esac
  case ${operands[0]}:${#operands[@]}:$prev in
    *:--socket | import:1:*) compopt -o default && return ;;
    *:--since) words='today yesterday' ;;
    *:--until) words='today now' ;;
    *:--label) words=$(_conctl_consoles | grep '=') ;;
    create:*:--param | create:*:--params | create:*:-p | edit:*:--param | edit:*:--params | edit:*:-p)
      words=$(_conctl_params "${operands[@]}")
      compopt -o nospace
      ;;
    *:--timeout | *:--escape | *:--lines | *:--grep) ;;
    console:*:-e | log:*:-n | log:*:-g) ;;
    *)
      case ${operands[0]}:${#operands[@]}:$cur in
        :0:-*) words='-j --json --socket --timeout -h --help -V --version' ;;
        *:-*)
          words=$(conctl "${operands[0]}" --help 2>/dev/null |
            sed -nE 's/^ {2,6}(-.)?(, )?(--[a-z-]+).*/\1 \3/p')
          ;;
        :0:* | help:1:*)
          words='list show create edit delete drivers logging console log status who kick send tell
            note break down reconnect events batch export import web version help'
          ;;
        create:[2-9]* | edit:[2-9]*)
          words='driver=cmd driver=ptybuffer driver=ssh driver=sshcmd driver=tcp driver=telnet
            driver=tty driver=unix ondemand=false ondemand=true'
          ;;
        logging:2:*) words='on off' ;;
        break:2:*) words='1 2 3 4 5 6 7 8 9' ;;
        drivers:1:*) words='cmd ptybuffer ssh sshcmd tcp telnet tty unix' ;;
        kick:2:*) words=$(conctl who "${operands[1]}" 2>/dev/null | awk '{ print $2 }') ;;
        edit:1:* | logging:1:* | kick:1:* | send:1:* | tell:1:* | note:1:* | break:1:* | show:1:* | list:* | delete:* | console:* | \
          log:* | status:* | who:* | down:* | reconnect:* | events:* | export:*) words=$(_conctl_consoles) ;;
      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -P "$head" -W "$words" -- "${cur#"$head"}")
  [[ $COMP_WORDBREAKS != *=* ]] || COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*=}"}"}")
}
complete -F _conctl conctl
