#compdef ptyattach
_ptyattach_jobs() {
  local -a jobs
  jobs=(${(f)"$(ptyattach -j 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p')"})
  compset -P '*,'
  compadd -a jobs || _files
}
_arguments -s -S \
  '(-b --batch)'{-b,--batch}'[stdin is data, also from a terminal\: no raw mode, no keys]' \
  '(-e --close)'{-e,--close}'[close the sending side when the text of -p was sent]' \
  '(-i --no-newline)'{-i,--no-newline}'[send no newline after the text of -p]' \
  '(-n --no-stdin)'{-n,--no-stdin}'[do not read stdin]' \
  '(-p --print)'{-p+,--print=}'[send TEXT first]:text: ' \
  '(-q --quiet)'{-q,--quiet}'[show nothing that comes; twice\: show what is there, and leave]' \
  '(-r --readonly)'{-r,--readonly}'[only look; the daemon sees to it]' \
  '(-x --detach)'{-x+,--detach=}'[detach keys, as ^X, a character, or hex bytes (^\)]:keys: ' \
  '(-j --json)'{-j,--json}'[list as JSON lines]' \
  '--from=[begin with all, line (whole lines), now, or at EPOCH\:OFFSET (line)]:where:(all line now)' \
  '--linger=[after the end of stdin, wait so long for output (0.5)]:seconds: ' \
  '(-v --verbose)'{-v,--verbose}'[say more, as where it ended\: EPOCH\:OFFSET]' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '*:job or socket:_ptyattach_jobs'
