# fish completion for conctl
complete -c conctl -f -n 'not __fish_seen_subcommand_from list show create edit delete logging console log status who kick send break reconnect events batch export import web version help' -a 'list show create edit delete logging console log status who kick send break reconnect events batch export import web version help'
complete -c conctl -f -n '__fish_seen_subcommand_from list show edit delete logging console log status who kick send break reconnect events export' -a "(conctl -j list 2>/dev/null | sed -n 's/.*\"name\":\"\([A-Za-z0-9._-]*\)\".*/\1/p')"
complete -c conctl -s j -l json -d 'JSON lines'
complete -c conctl -l socket -r -d 'the socket of consoled'
complete -c conctl -l timeout -x -d 'for an answer [5]'
complete -c conctl -s h -l help -d 'this text'
complete -c conctl -s V -l version -d 'the version'
