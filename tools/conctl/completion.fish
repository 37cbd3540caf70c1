# fish completion for conctl

# Names, and label=value.
function __conctl_names
    begin
        conctl -j status || conctl -j list
    end 2>/dev/null | tr '{,' '[\n*]' | sed -n \
        -e '/^"labels":$/,/}$/s/^"\([A-Za-z0-9._-]*\)":"\([A-Za-z0-9._-]*\)"}*$/\1=\2/p' \
        -e 's/^"\(console\|name\)":"\([A-Za-z0-9._-]*\)".*/\2/p' | sort -u
end

# The command and its operands so far.
function __conctl_operands
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --socket --timeout
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
        end
        set -e words[1]
    end
end

function __conctl_no_command
    test (count (__conctl_operands)) -eq 0
end

# What may stand here, behind a command.
function __conctl_words
    set -l operands (__conctl_operands)
    set -l before (commandline -opc)[-1]
    set -l current (commandline -ct)
    set -l list (string match -r '.*,' -- $current; or echo '')
    string match -qr -- '^(?<option>--[a-z]+)=' $current && set before $option && set list $option=
    switch "$operands[1]:$before"
        case '*:--since'
            printf '%s\n' $list{today,yesterday}
            return
        case '*:--until'
            printf '%s\n' $list{today,now}
            return
        case '*:--label'
            printf '%s\n' $list(__conctl_names | grep '=')
            return
        case '*:--param' '*:--params' '*:-p'
            printf '%s\n' $list(conctl drivers (string replace -f driver= '' -- $operands) 2>/dev/null |
                awk '{ print $2 "=" }' | sort -u)
            return
        case '*:--escape' '*:--lines' '*:--grep' console:-e log:-n log:-g
            return
    end
    if string match -q -- '-*' $current
        conctl $operands[1] --help 2>/dev/null | sed -nE 's/^ {2,6}(-.)?(, )?(--[a-z-]+).*/\1\n\3/p' | string match -- '-*'
        return
    end
    switch $operands[1]:(count $operands)
        case help:1
            printf '%s\n' $__conctl_commands
        case import:1
            __fish_complete_path $current
        case logging:2
            printf '%s\n' on off
        case break:2
            seq 9
        case drivers:1
            printf '%s\n' cmd ptybuffer ssh sshcmd tcp telnet tty unix
        case kick:2
            conctl who $operands[2] 2>/dev/null | awk '{ n = $2; $1 = $2 = $3 = ""; print n "\t" $0 }'
        case {edit,logging,kick,send,tell,note,break,show}:1 {list,delete,console,log,status,who,down,reconnect,events,export}':*'
            printf '%s\n' $list(__conctl_names)
        case create:1
        case 'create:*' 'edit:*'
            printf '%s\n' driver={cmd,ptybuffer,ssh,sshcmd,tcp,telnet,tty,unix} ondemand={false,true}
    end
end

set -g __conctl_commands list show create edit delete drivers logging console log status who kick send tell note break down reconnect events batch export import web version help
complete -c conctl -f
complete -c conctl -n __conctl_no_command -a '$__conctl_commands'
complete -c conctl -n 'not __conctl_no_command' -a '(__conctl_words)'
complete -c conctl -n __conctl_no_command -s j -l json -d 'JSON lines, of errors too'
complete -c conctl -n __conctl_no_command -l socket -r -F -d 'the socket of consoled'
complete -c conctl -n __conctl_no_command -l timeout -x -d 'for an answer [5]'
complete -c conctl -n __conctl_no_command -s h -l help -d 'this text'
complete -c conctl -n __conctl_no_command -s V -l version -d 'the version'
