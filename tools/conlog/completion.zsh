#compdef conlog
_conlog_nodes() {
  local -a nodes
  nodes=(${(f)"$(conlog --list 2>/dev/null | grep -x '[A-Za-z0-9._-]*')"})
  compset -P '*,'
  compadd -a nodes
}
_arguments -s -S \
  '(-n --lines)'{-n+,--lines=}'[only the last COUNT lines (with -g\: of those found)]:count: ' \
  '(-f --follow)'{-f,--follow}'[go on with what comes]' \
  '--since=[from then on]:time:(today yesterday)' \
  '--until=[up to then]:time:(today now)' \
  '(-g --grep)'{-g+,--grep=}'[only lines with a match of this regular expression (RE2)]:pattern: ' \
  '(-F --fixed)'{-F,--fixed}'[PATTERN is a text]' \
  '(-i --ignore-case)'{-i,--ignore-case}'[capitals are small letters]' \
  '--invert[only lines without a match]' \
  '(-t --times)'{-t,--times}'[with the time of each line]' \
  '(-e --events)'{-e,--events}'[also what happened\: up, down, attach]' \
  '(-j --json)'{-j,--json}'[a JSON record per line, as goconserver, and events]' \
  '--asciicast[a recording for asciinema (version 2), of one node]' \
  '(-l --list)'{-l,--list}'[the names of the journals]' \
  '--dir=[where they lie ($CONLOG_DIR, else the state folder)]:folder:_files -/' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '*:node:_conlog_nodes'
