# fish completion for ptyattach

# The jobs; a name that none has may be a socket's path.
function __ptyattach_jobs
    set -l current (commandline -ct)
    set -l list (string match -r '.*,' -- $current; or echo '')
    set -l jobs $list(ptyattach -j 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p')
    string match -e -- "$current*" $jobs; or __fish_complete_path $current
end

complete -c ptyattach -f -a '(__ptyattach_jobs)'
complete -c ptyattach -s b -l batch -d 'stdin is data, also from a terminal: no raw mode, no keys'
complete -c ptyattach -s e -l close -d 'close the sending side when the text of -p was sent'
complete -c ptyattach -s i -l no-newline -d 'send no newline after the text of -p'
complete -c ptyattach -s n -l no-stdin -d 'do not read stdin'
complete -c ptyattach -s p -l print -x -d 'send TEXT first'
complete -c ptyattach -s q -l quiet -d 'show nothing that comes; twice: show what is there, and leave'
complete -c ptyattach -s r -l readonly -d 'only look; the daemon sees to it'
complete -c ptyattach -s x -l detach -x -d 'detach keys, as ^X, a character, or hex bytes [^\\]'
complete -c ptyattach -s j -l json -d 'list as JSON lines'
complete -c ptyattach -l from -x -a 'all line now' -d 'begin with all, line (whole lines), now, or at EPOCH:OFFSET[:RUN] [line]'
complete -c ptyattach -l linger -x -d 'after the end of stdin, wait so long for output [0.5]'
complete -c ptyattach -s v -l verbose -d 'say more, as where it ended: EPOCH:OFFSET[:RUN]'
complete -c ptyattach -s h -l help -d 'this text'
complete -c ptyattach -s V -l version -d 'the version'
