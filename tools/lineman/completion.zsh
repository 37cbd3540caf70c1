#compdef lineman
_lineman_argument() {
  case $line[1] in
    tour) _files ;;
    up | down) compadd consoled ;;
  esac
}
_arguments -s -S \
  '--once[tour\: stop everything afterwards; status 1 if a command failed]' \
  '(-t --timeout)'{-t+,--timeout=}'[down\: wait so long at most (15)]:seconds: ' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '1:command:(up down env status tour)' '2:argument:_lineman_argument'
