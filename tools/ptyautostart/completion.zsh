#compdef ptyautostart
_arguments -s -S \
  '(-l --list)'{-l,--list}'[list the jobs with their state, and start nothing]' \
  '(-n --dry-run)'{-n,--dry-run}'[print the ptybufferd commands instead of running them]' \
  '(-v --verbose)'{-v,--verbose}'[say also what is running already (always so on a terminal)]' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-V --version)'{-V,--version}'[the version]' \
  '1:seconds: '
