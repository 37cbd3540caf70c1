#compdef qwait
_qwait_queues() {
  local -a queues
  queues=(${(f)"$(qwait --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*')"})
  compadd -a queues
}
_arguments -s -S \
  '(-q --queue)'{-q+,--queue=}'[signals of this queue ($LINEMAN_QUEUE, else notices)]:queue:_qwait_queues' \
  '(-w --work)'{-w+,--work=}'[work of this queue]:queue:_qwait_queues' \
  '(-)'{-x,--exec}'[run the rest of the line for each; {} is the payload, else stdin is]:*:::command:_normal' \
  '(-n --count)'{-n+,--count=}'[end after so many]:count: ' \
  '(-t --timeout)'{-t+,--timeout=}'[end with 99 when time is over; 0\: take what is there, 1 if nothing]:seconds: ' \
  '--silent=[end with 97 when nothing came for so long]:seconds: ' \
  '(-i --id)'{-i+,--id=}'[signal\: go on where the waiter of this name stopped]:name: ' \
  '--coalesce=[signal\: one of those that follow each other within MS]:ms: ' \
  '--keep-going[signal\: do not end where some were missed; end with 98 later]' \
  '--forget[signal\: the waiter of -i is no more]' \
  '(-P --jobs)'{-P+,--jobs=}'[work\: so many commands, or held items, at once (1)]:jobs: ' \
  '--tries=[work\: at most so many tries, then a dead letter (no end)]:n: ' \
  '--backoff=[work\: after a failure wait so long, then twice that ... (1)]:seconds: ' \
  '--lease=[work\: how soon a dead takers item comes back (60)]:seconds: ' \
  '--hold[work\: print it with its id, for one of these\:]' \
  '--ack=[it is done]:id: ' \
  '--release=[it goes back]:id: ' \
  '--bury=[it goes to the dead letters]:id: ' \
  '--remove=[take an item out, whatever its state]:id: ' \
  '--peek[show what would come next, or the item id; signal\: what is kept]' \
  '--stats[numbers about the queue]' \
  '--list[names of all queues; with -w\: its items]' \
  '--dead=[dead letters\: list, requeue or drop them, or those given by id]:what:(list requeue drop)' \
  '(-0 --null)'{-0,--null}'[end each with NUL, not newline]' \
  '(-j --json)'{-j,--json}'[JSON lines]' \
  '--redis=[the Redis ($LINEMAN_REDIS, else redis.url, else an embedded one)]:url: ' \
  '(-v --verbose)'{-v,--verbose}'[say more]' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '*:id: '
