# fish completion for qwait

# What comes after -x is a command, and that one's words.
function __qwait_own
    not string match -qr -- '^(-x|--exec)$' (commandline -opc)
end
function __qwait_command
    set -l words (commandline -opc) (commandline -ct)
    while not contains -- $words[1] -x --exec
        set -e words[1]
    end
    complete -C (string join " " -- $words[2..])
end

complete -c qwait -f
complete -c qwait -n 'not __qwait_own' -a '(__qwait_command)'
complete -c qwait -n __qwait_own -s q -l queue -x -a "(qwait --list 2>/dev/null | grep -x \"[A-Za-z0-9._-]*\")" -d 'signals of this queue [$LINEMAN_QUEUE, else notices]'
complete -c qwait -n __qwait_own -s w -l work -x -a "(qwait --list 2>/dev/null | grep -x \"[A-Za-z0-9._-]*\")" -d 'work of this queue'
complete -c qwait -n __qwait_own -s x -l exec -d 'run the rest of the line for each; {} is the payload, else stdin is'
complete -c qwait -n __qwait_own -s n -l count -x -d 'end after so many'
complete -c qwait -n __qwait_own -s t -l timeout -x -d 'end with 99 when time is over; 0: take what is there, 1 if nothing'
complete -c qwait -n __qwait_own -l silent -x -d 'end with 97 when nothing came for so long'
complete -c qwait -n __qwait_own -s i -l id -x -d 'signal: go on where the waiter of this name stopped'
complete -c qwait -n __qwait_own -l coalesce -x -d 'signal: one of those that follow each other within MS'
complete -c qwait -n __qwait_own -l keep-going -d 'signal: do not end where some were missed; end with 98 later'
complete -c qwait -n __qwait_own -l forget -d 'signal: the waiter of -i is no more'
complete -c qwait -n __qwait_own -s P -l jobs -x -d 'work: so many commands, or held items, at once [1]'
complete -c qwait -n __qwait_own -l tries -x -d 'work: at most so many tries, then a dead letter [no end]'
complete -c qwait -n __qwait_own -l backoff -x -d 'work: after a failure wait so long, then twice that ... [1]'
complete -c qwait -n __qwait_own -l lease -x -d 'work: how soon a dead takers item comes back [60]'
complete -c qwait -n __qwait_own -l hold -d 'work: print it with its id, for one of these:'
complete -c qwait -n __qwait_own -l ack -x -d 'it is done'
complete -c qwait -n __qwait_own -l release -x -d 'it goes back'
complete -c qwait -n __qwait_own -l bury -x -d 'it goes to the dead letters'
complete -c qwait -n __qwait_own -l remove -x -d 'take an item out, whatever its state'
complete -c qwait -n __qwait_own -l peek -d 'show what would come next, or the item id; signal: what is kept'
complete -c qwait -n __qwait_own -l stats -d 'numbers about the queue'
complete -c qwait -n __qwait_own -l list -d 'names of all queues; with -w: its items'
complete -c qwait -n __qwait_own -l dead -x -a "list requeue drop" -d 'dead letters: list, requeue or drop them, or those given by id'
complete -c qwait -n __qwait_own -s 0 -l null -d 'end each with NUL, not newline'
complete -c qwait -n __qwait_own -s j -l json -d 'JSON lines'
complete -c qwait -n __qwait_own -l redis -x -d 'the Redis [$LINEMAN_REDIS, else redis.url, else an embedded one]'
complete -c qwait -n __qwait_own -s v -l verbose -d 'say more'
complete -c qwait -n __qwait_own -s h -l help -d 'this text'
complete -c qwait -n __qwait_own -s V -l version -d 'the version'
