#compdef lineman
_arguments -s -S \
  '--once[tour\: stop everything afterwards; status 1 if a command failed]' \
  '(-t --timeout)'{-t+,--timeout=}'[down\: wait so long at most (15)]:seconds: ' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '1:command:(up down env status tour)' '2:argument:{ (( ${words[(I)tour]} )) && _files || compadd consoled }'
