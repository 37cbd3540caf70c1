# fish completion for conlog
function __conlog_nodes
    set -l list (commandline -ct | string match -r '.*,'; or echo '')
    printf '%s\n' $list(conlog --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*')
end
complete -c conlog -f -a '(__conlog_nodes)'
complete -c conlog -s n -l lines -x -d 'only the last COUNT lines (with -g: of those found)'
complete -c conlog -s f -l follow -d 'go on with what comes'
complete -c conlog -l since -x -a 'today yesterday' -d 'from then on'
complete -c conlog -l until -x -a 'today now' -d 'up to then'
complete -c conlog -s g -l grep -x -d 'only lines with a match of this regular expression (RE2)'
complete -c conlog -s F -l fixed -d 'PATTERN is a text'
complete -c conlog -s i -l ignore-case -d 'capitals are small letters'
complete -c conlog -l invert -d 'only lines without a match'
complete -c conlog -s t -l times -d 'with the time of each line'
complete -c conlog -s e -l events -d 'also what happened: up, down, attach'
complete -c conlog -s j -l json -d 'a JSON record per line, as goconserver, and events'
complete -c conlog -l asciicast -d 'a recording for asciinema (version 2), of one node'
complete -c conlog -s l -l list -d 'the names of the journals'
complete -c conlog -l dir -x -a '(__fish_complete_directories)' -d 'where they lie [$CONLOG_DIR, else the state folder]'
complete -c conlog -s h -l help -d 'this text'
complete -c conlog -s V -l version -d 'the version'
