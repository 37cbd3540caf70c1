# Completions: each shell's file knows the options of --help, no more and no less; and each shell
# offers what completion.table says, asked as a person would, with a key.
load helper

scripts() { sed -n 's/^\(TOOLS\|SCRIPTS\) *:= *//p' "$LM_ROOT/Makefile"; }

# What --help describes: -x and --name, one a line.
described() {
  "$1" --help | grep -E '^ +-' | sed -E 's/^ +//; s/  .*//' |
    grep -oE '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' ,' | sort -u
}

in_bash() {
  awk '/-\*\) words=/ { on = 1 } on { print } /;;/ { on = 0 }' "$1" | grep -oE -e '--?[A-Za-z0-9][A-Za-z0-9-]*' | sort -u
}
in_zsh() {
  grep -E "^  '" "$1" | sed -e "s/\[.*//" -e "s/'([^)]*)-/'-/" -e 's/.*{\(.*\)}.*/\1/' | tr "'," '\n\n' |
    grep -oE '^--?[A-Za-z0-9][A-Za-z0-9-]*' | sort -u
}
in_fish() {
  sed -nE -e "s/^complete [^']* -s (.) .*/-\1/p" "$1"
  sed -nE -e "s/^complete [^']* -l ([a-z0-9-]+).*/--\1/p" "$1"
}

@test "bash, zsh and fish know the options of --help, and no others" {
  local tool
  for tool in $(scripts); do
    described "$tool" >"$T/help"
    [ -s "$T/help" ]
    in_bash "$LM_ROOT/tools/$tool/completion.bash" >"$T/bash"
    in_zsh "$LM_ROOT/tools/$tool/completion.zsh" >"$T/zsh"
    in_fish "$LM_ROOT/tools/$tool/completion.fish" | sort -u >"$T/fish"
    for shell in bash zsh fish; do
      run diff "$T/help" "$T/$shell"
      assert_success || fail "$tool, $shell"
    done
  done
}

# What the table is about: jobs, consoles, queues, journals, files. One job's name is not safe to type.
something_to_complete() {
  local name
  touch first.txt && mkdir fine
  for name in web1 web2 'we$(touch oops)'; do ptybufferd -q "$LINEMAN_RUNTIME/$name.sock" sleep 60; done
  mkdir -p "$LINEMAN_STATE/consoled" && touch "$LINEMAN_STATE"/consoled/old{1,2}.log
  start_bg consoled 2>"$T/consoled.err"
  wait_until 10 ctl consoled.sock status
  conctl create web1 driver=cmd ondemand=true --param cmd=cat --label kind=login --label rack=3
  conctl create web3 driver=cmd ondemand=true --param cmd=cat --label kind=login
  conctl create db driver=cmd ondemand=true --param cmd=cat --label kind=data
  mkfifo keys && exec {keys}<>keys
  start_bg sh -c "exec conctl console web1 <keys >typed"
  wait_until 10 sh -c 'conctl who web1 | grep -q .'
  qput -w jobs one && qput -q mail two
}

# in_terminal SHELL...: types each of the lines, the key that inserts all that is offered, and the
# one that writes the line into `answers`. A word that is offered stands in it as it would stand.
in_terminal() {
  local line
  { echo 'expect > ' && while IFS= read -r line; do
    printf 'send %s\\x18i\\x18d\nexpect answered\n' "$line"
  done <lines && echo 'send exit\r'; } | python3 "$BATS_TEST_DIRNAME/terminal.py" "$@" >shown || { cat shown && return 1; }
}

ask_bash() {
  cat >rc <<'END'
PS1='> '
. /usr/share/bash-completion/bash_completion
for file in "$LM_ROOT"/tools/*/completion.bash; do . "$file"; done
bind '"\C-xi": insert-completions'
bind -x '"\C-xd": printf "%s\n" "$READLINE_LINE" >>answers; READLINE_LINE=; echo answered'
END
  in_terminal bash --noprofile --rcfile rc -i
}

ask_zsh() {
  local tool
  mkdir functions
  for tool in $(scripts); do cp "$LM_ROOT/tools/$tool/completion.zsh" "functions/_$tool"; done
  cat >.zshrc <<'END'
PS1='> '
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -d $PWD/dump
insert_all() { _main_complete && compstate[insert]=all; compstate[list]= }
zle -C insert_all complete-word insert_all
bindkey '^Xi' insert_all
answer() { print -r -- $BUFFER >>answers; BUFFER= && print answered }
zle -N answer
bindkey '^Xd' answer
END
  ZDOTDIR=$T in_terminal zsh -i
}

ask_fish() {
  local tool
  for tool in $(scripts); do cp "$LM_ROOT/tools/$tool/completion.fish" "$tool.fish"; done
  # The words alone, in one line behind what was typed before the last one.
  # shellcheck disable=SC2016
  fish --no-config -c 'set -p fish_complete_path $PWD
    while read -l line
      set -l words (complete -C "$line" | string replace -r "\t.*" "")
      echo (string replace -r "\S*\$" "" -- $line)"$words" >>answers
    end <lines' </dev/null
}

# offers SHELL: runs the table through it.
offers() {
  local table=$BATS_TEST_DIRNAME/completion
  something_to_complete
  python3 "$table.py" "$table.table" >lines
  "ask_$1"
  python3 "$table.py" "$table.table" answers
  [ ! -e oops ]
}

@test "bash offers what the table says" { offers bash; }
@test "zsh offers what the table says" { offers zsh; }
@test "fish offers what the table says" { offers fish; }

@test "the shells accept their files" {
  local file
  for file in "$LM_ROOT"/tools/*/completion.*sh; do
    case $file in
      *.bash) run -0 shellcheck --shell=bash "$file" ;;
      *.zsh) run -0 zsh -n "$file" ;;
      *.fish) run -0 fish -n "$file" ;;
    esac
  done
}
