# fish completion for ptyautostart
complete -c ptyautostart -f
complete -c ptyautostart -s l -l list -d 'list the jobs with their state, and start nothing'
complete -c ptyautostart -s n -l dry-run -d 'print the ptybufferd commands instead of running them'
complete -c ptyautostart -s v -l verbose -d 'say also what is running already (always so on a terminal)'
complete -c ptyautostart -s h -l help -d 'this text'
complete -c ptyautostart -s V -l version -d 'the version'
