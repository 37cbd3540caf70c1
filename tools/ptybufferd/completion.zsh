#compdef ptybufferd
_arguments -s -S -A '-*' \
  '(-a --about)'{-a,--about}'[begin with an about block for each viewer]' \
  '(-c --check)'{-c,--check}'[exit 42 if the socket answers; 24 if not and no command]' \
  '(-d --foreground)'{-d,--foreground}'[stay in the foreground, end with the command'\''s status]' \
  '(-e --echo-input)'{-e,--echo-input}'[show input in the output as (sent\: ...)]' \
  '(-f --force)'{-f,--force}'[remove a dead socket that is in the way]' \
  '(-g --tolerate)'{-g,--tolerate}'[go on where a log file cannot be opened]' \
  '(-i --immediate)'{-i,--immediate}'[pass input on as it comes, not line by line]' \
  '(-k --drop-unfinished)'{-k,--drop-unfinished}'[drop an unfinished line when its viewer leaves]' \
  '(-l --log)'{-l+,--log=}'[activity log; - for stderr]:file:_files' \
  '(-n --lines)'{-n+,--lines=}'[lines of history for a new viewer (1000)]:lines: ' \
  '(-o --output)'{-o+,--output=}'[append all output to FILE; - for stdout]:file:_files' \
  '(-p --stamp)'{-p,--stamp}'[begin each line of that file with the time (GMT)]' \
  '(-q --quiet)'{-q,--quiet}'[no banner at the start, no log on stderr]' \
  '(-r --tcp)'{-r,--tcp}'[socket is host\:port or \:port]' \
  '(-s --stdio)'{-s,--stdio}'[stdin and stdout are the first viewer]' \
  '(-t --tail)'{-t+,--tail=}'[lines of the history shown at first (-1\: all)]:lines: ' \
  '(-u --umask)'{-u+,--umask=}'[octal, for socket and files, not for the command]:mask: ' \
  '(-w --wait)'{-w,--wait}'[serve viewers after the end until the last one leaves]' \
  '(-y --info)'{-y+,--info=}'[PTYBUFFER_INFO for the command]:info: ' \
  '(-A --attach)'{-A+,--attach=}'[serve an existing pty or tty instead of a command]:device:_files' \
  '(-R --restart)'{-R,--restart}'[start the command again when it ends]' \
  '(-S --size)'{-S+,--size=}'[window size at the start (24x80)]:rowsxcols: ' \
  '--auth=[with -r\: listen beyond loopback, to anybody]:none:(none)' \
  '--control=[control socket (socket'\''s name with .ctl)]:path:_files' \
  '--history-bytes=[memory for the history, at most (1048576)]:bytes: ' \
  '(1)--name=[instead of socket\: NAME.sock in the runtime folder]:name: ' \
  '--rotate-bytes=[begin a new log or output file at this size (0\: never)]:bytes: ' \
  '--rotate-files=[old files to keep, compressed (4)]:count: ' \
  '--term=[TERM for the command (xterm-256color)]:type: ' \
  '(-v --verbose)'{-v,--verbose}'[log more]' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '1:socket:_files' '*:::command:_normal'
