#compdef qput
_qput_queues() {
  local -a queues
  queues=(${(f)"$(qwait --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*')"})
  compadd -a queues
}
_arguments -s -S \
  '(-q --queue)'{-q+,--queue=}'[signal this queue ($LINEMAN_QUEUE, else notices)]:queue:_qput_queues' \
  '(-w --work)'{-w+,--work=}'[put work into this queue]:queue:_qput_queues' \
  '(-p --priority)'{-p+,--priority=}'[0 (first) to 9 (5)]:n: ' \
  '(-u --unique)'{-u+,--unique=}'[not while an item with KEY waits or runs; {} in it is the message]:key: ' \
  '--delay=[not before that much later]:seconds: ' \
  '--tries=[tried at most so often, then a dead letter (as qwait says)]:n: ' \
  '--max=[work\: refused with 1 when so many wait; signal\: so many are kept (1000)]:n: ' \
  '--drop-oldest[with --max\: the oldest make room]' \
  '--result[wait for the workers output and exit status, and end with it]' \
  '(-t --timeout)'{-t+,--timeout=}'[with --result\: wait so long at most, then 124]:seconds: ' \
  '(-0 --null)'{-0,--null}'[messages on stdin end with NUL, not newline]' \
  '(-J --json-input)'{-J,--json-input}'[messages on stdin are JSON\: "text" or {"dataText" or "data", ...}]' \
  '(-j --json)'{-j,--json}'[print {"id"\:...} for each]' \
  '--redis=[the Redis ($LINEMAN_REDIS, else redis.url, else an embedded one)]:url: ' \
  '(-v --verbose)'{-v,--verbose}'[say more]' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '*:message:_files'
