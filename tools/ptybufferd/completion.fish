# fish completion for ptybufferd

# The words behind options and socket: the command.
function __ptybufferd_rest
    set -l words (commandline -opc)
    set -l socket
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case '--name=*'
                set socket given
            case --name
                set socket given
                set -e words[1]
            case -{l,n,o,t,u,y,A,S} --{log,lines,output,tail,umask,info,attach,size,auth,control,term} --{history,rotate}-bytes --rotate-files
                set -e words[1]
            case '-*'
            case '*'
                set -q socket[1] && break
                set socket given
        end
        set -e words[1]
    end
    set -q socket[1] || return
    set -a words (commandline -ct)
    string match -q -- '-*' $words[1] || printf '%s\n' $words
end
function __ptybufferd_own
    test (count (__ptybufferd_rest)) -eq 0
end
function __ptybufferd_command
    complete -C (__ptybufferd_rest | string join " ")
end

complete -c ptybufferd -n 'not __ptybufferd_own' -x -a '(__ptybufferd_command)'
complete -c ptybufferd -n __ptybufferd_own -s a -l about -d 'begin with an about block for each viewer'
complete -c ptybufferd -n __ptybufferd_own -s c -l check -d 'exit 42 if the socket answers; 24 if not and no command'
complete -c ptybufferd -n __ptybufferd_own -s d -l foreground -d 'stay in the foreground, end with the command\'s status'
complete -c ptybufferd -n __ptybufferd_own -s e -l echo-input -d 'show input in the output as [sent: ...]'
complete -c ptybufferd -n __ptybufferd_own -s f -l force -d 'remove a dead socket that is in the way'
complete -c ptybufferd -n __ptybufferd_own -s g -l tolerate -d 'go on where a log file cannot be opened'
complete -c ptybufferd -n __ptybufferd_own -s i -l immediate -d 'pass input on as it comes, not line by line'
complete -c ptybufferd -n __ptybufferd_own -s k -l drop-unfinished -d 'drop an unfinished line when its viewer leaves'
complete -c ptybufferd -n __ptybufferd_own -s l -l log -r -F -d 'activity log; - for stderr'
complete -c ptybufferd -n __ptybufferd_own -s n -l lines -x -d 'lines of history for a new viewer [1000]'
complete -c ptybufferd -n __ptybufferd_own -s o -l output -r -F -d 'append all output to FILE; - for stdout'
complete -c ptybufferd -n __ptybufferd_own -s p -l stamp -d 'begin each line of that file with the time (GMT)'
complete -c ptybufferd -n __ptybufferd_own -s q -l quiet -d 'no banner at the start, no log on stderr'
complete -c ptybufferd -n __ptybufferd_own -s r -l tcp -d 'socket is host:port or :port'
complete -c ptybufferd -n __ptybufferd_own -s s -l stdio -d 'stdin and stdout are the first viewer'
complete -c ptybufferd -n __ptybufferd_own -s t -l tail -x -d 'lines of the history shown at first [-1: all]'
complete -c ptybufferd -n __ptybufferd_own -s u -l umask -x -d 'octal, for socket and files, not for the command'
complete -c ptybufferd -n __ptybufferd_own -s w -l wait -d 'serve viewers after the end until the last one leaves'
complete -c ptybufferd -n __ptybufferd_own -s y -l info -x -d 'PTYBUFFER_INFO for the command'
complete -c ptybufferd -n __ptybufferd_own -s A -l attach -r -F -d 'serve an existing pty or tty instead of a command'
complete -c ptybufferd -n __ptybufferd_own -s R -l restart -d 'start the command again when it ends'
complete -c ptybufferd -n __ptybufferd_own -s S -l size -x -d 'window size at the start [24x80]'
complete -c ptybufferd -n __ptybufferd_own -l auth -x -a 'none' -d 'with -r: listen beyond loopback, to anybody'
complete -c ptybufferd -n __ptybufferd_own -l control -r -F -d 'control socket [socket\'s name with .ctl]'
complete -c ptybufferd -n __ptybufferd_own -l history-bytes -x -d 'memory for the history, at most [1048576]'
complete -c ptybufferd -n __ptybufferd_own -l name -x -d 'instead of socket: NAME.sock in the runtime folder'
complete -c ptybufferd -n __ptybufferd_own -l rotate-bytes -x -d 'begin a new log or output file at this size [0: never]'
complete -c ptybufferd -n __ptybufferd_own -l rotate-files -x -d 'old files to keep, compressed [4]'
complete -c ptybufferd -n __ptybufferd_own -l term -x -d 'TERM for the command [xterm-256color]'
complete -c ptybufferd -n __ptybufferd_own -s v -l verbose -d 'log more'
complete -c ptybufferd -n __ptybufferd_own -s h -l help -d 'this text'
complete -c ptybufferd -n __ptybufferd_own -s V -l version -d 'the version'
