# consoled: what it says to a line by itself: the chat of a new one, and the idle string.
load helper
load consoled

setup() {
  lm_setup
  configure
}

@test "initcmd: the manual's own line logs in, whatever way it is given" {
  local line
  line=$(sed -n 's/^\.Ql "\(login: .*\)" \.$/\1/p' "$LM_ROOT/man/consoled.8" | sed 's/\\e/\\/g')
  assert_equal "$line" 'login: root\r assword: secret\r'
  # shellcheck disable=SC2016
  local getty='sh -c '\''printf "login: "; read x; printf "password: "; read y; echo "in as $x/$y"; exec cat'\'
  start
  node n1 cmd "$(jq -cn --arg c "$getty" --arg i "$line" '{cmd:$c,initcmd:$i}')"
  conctl --socket "$LINEMAN_RUNTIME/consoled.sock" create n2 driver=cmd --param "cmd=$getty" --param "initcmd=$line"
  wait_until 5 file_has d/n1.log 'in as root/secret'
  wait_until 5 file_has d/n2.log 'in as root/secret'
}
