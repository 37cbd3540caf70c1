#compdef conctl
_conctl_words() {
  local -a names
  if (( CURRENT == 1 )); then
    compadd list show create edit delete logging console log status who kick send break \
      reconnect events batch export import web version help
  else
    names=(${(f)"$(conctl -j list 2>/dev/null | sed -n 's/.*"name":"\([A-Za-z0-9._-]*\)".*/\1/p')"})
    compset -P "*,"
    compadd -a names
  fi
}
_arguments -s -S \
  '(-j --json)'{-j,--json}'[JSON lines]' \
  '--socket=[the socket of consoled]:socket:_files' \
  '--timeout=[for an answer (5)]:seconds: ' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '*::word:_conctl_words'
