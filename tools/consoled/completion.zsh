#compdef consoled
_arguments -s -S \
  '(-c --config)'{-c+,--config=}'[goconserver'\''s server.conf, or one like it (consoled.conf)]:file:_files' \
  '--config-file=[the same]:file:_files' \
  '--auth=[with --pty\: listen beyond loopback, to anybody]:none:(none)' \
  '--check[say what is wrong with the configuration, and end]' \
  '--pty[serve one existing pty, without a configuration]' \
  '--socket=[the socket for clients, instead of the configuration'\''s]:path:_files' \
  '--verbose[log more]' \
  '--web-dir=[the page'\''s files from there, while it is developed]:dir:_files -/' \
  '(-h --help)'{-h,--help}'[this text]' \
  '(-v --version)'{-v,--version}'[the version]' \
  '*:file:_files'
