# Completions: each shell's file knows the options of --help, no more and no less; bash's is tried.
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
  grep -E "^  '" "$1" | sed -e "s/\[.*//" -e 's/.*{\(.*\)}.*/\1/' | tr "'," '\n\n' |
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

# completed TOOL WORDS...: what bash offers for the last word.
completed() {
  # shellcheck disable=SC2016
  run bash -c 'source "$0/tools/$1/completion.bash" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    "_$1" && printf "%s\n" "${COMPREPLY[@]}"' "$LM_ROOT" "$@"
}

@test "bash completes options, their values, and commands" {
  completed ptybufferd --hist
  assert_output --history-bytes
  completed ptybufferd --auth ''
  assert_output none
  completed ptybufferd x.sock mkfif
  assert_line mkfifo
  completed ptyattach --from n
  assert_output now
  completed ptyautostart --dry
  assert_output --dry-run
  completed lineman st
  assert_output status
  completed lineman up ''
  assert_output consoled
}

@test "bash completes the names of jobs, and of those only what is safe to type" {
  ptybufferd -q --name web1 sleep 60
  ptybufferd -q --name web2 sleep 60
  # shellcheck disable=SC2016
  ptybufferd -q "$LINEMAN_RUNTIME"/'we$(touch oops).sock' sleep 60
  completed ptyattach we
  assert_output $'web1\nweb2'
  completed ptyattach ''
  assert_output $'web1\nweb2'
  [ ! -e oops ]
}

@test "bash completes the names of consoles, in a list too" {
  start_bg consoled 2>"$T/consoled.err"
  wait_until 10 ctl consoled.sock status
  conctl create web1 driver=cmd ondemand=true --param cmd=cat
  conctl create db driver=cmd ondemand=true --param cmd=cat
  completed conctl console we
  assert_output web1
  completed conctl log db,w
  assert_output db,web1
  completed conctl logging web1 o
  assert_output $'on\noff'
  completed conctl lo
  assert_output $'logging\nlog'
}

@test "the shells that are here accept their files" {
  local file
  for file in "$LM_ROOT"/tools/*/completion.bash; do
    run shellcheck --shell=bash "$file"
    assert_success
  done
  for file in "$LM_ROOT"/tools/*/completion.*sh; do
    case $file in
      *.zsh) ! command -v zsh || run -0 zsh -n "$file" ;;
      *.fish) ! command -v fish || run -0 fish -n "$file" ;;
    esac
  done
}
