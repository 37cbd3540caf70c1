# fish completion for lineman
complete -c lineman -f
complete -c lineman -f -n __fish_use_subcommand -a 'up down env status tour'
complete -c lineman -f -n '__fish_seen_subcommand_from up down' -a consoled
complete -c lineman -F -n '__fish_seen_subcommand_from tour'
complete -c lineman -l once -d 'tour: stop everything afterwards; status 1 if a command failed'
complete -c lineman -s t -l timeout -x -d 'down: wait so long at most [15]'
complete -c lineman -s h -l help -d 'this text'
complete -c lineman -s V -l version -d 'the version'
