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

# roots FILE: how often cat has answered what the chat said.
roots() { grep -ac '^root' "$1" || true; }

@test "initcmd is for a new session: one that is found again is told nothing, and takes keys at once" {
  ptybufferd -qi --name job -- cat </dev/null 3>&- 4>&-
  start
  node n1 cmd "$(jq -cn '{cmd:"cat",persist:"true",initcmd:"\u0027\u0027 \u0027root\\r\u0027"}')"
  node n2 ptybuffer "$(jq -cn --arg s "$LINEMAN_RUNTIME/job.sock" '{socket:$s,initcmd:"\u0027\u0027 \u0027root\\r\u0027"}')"
  # This one waits for what comes once in a session.
  node n3 cmd "$(jq -cn '{cmd:"sh -c \u0027printf \"login: \"; read x; echo \"in as $x\"; exec cat\u0027",persist:"true",initcmd:"login: \u0027root\\r\u0027"}')"
  wait_until 5 file_has d/n3.log 'in as root'
  local n
  for n in n1 n2; do wait_until 5 eval "[ \$(roots d/$n.log) = 2 ]"; done
  end
  start
  for n in n1 n2 n3; do
    wait_until 5 state_is "$n" connected
    attach "$n" "$n"
    say -n "$n" $'marked\r'
    expect "$n" $'marked\r\nmarked'
  done
  switch n1 retry
  say -n n1 $'again\r'
  wait_until 5 file_has d/n1.log $'again'
  for n in n1 n2; do assert_equal "$(roots d/$n.log)" 2; done
  # And one that is new is told.
  ctl job stop
  wait_until 5 absent "$LINEMAN_RUNTIME/job.sock"
  ptybufferd -qi --name job -- cat </dev/null 3>&- 4>&-
  switch n2 retry
  wait_until 10 eval '[ "$(roots d/n2.log)" = 4 ]'
}

@test "initcmd without a journal: a persistent command that runs already is told nothing" {
  rm server.conf
  configure '' '' 'journal: {enabled: false}'
  start
  node n1 cmd "$(jq -cn '{cmd:"cat",persist:"true",initcmd:"\u0027\u0027 \u0027root\\r\u0027"}')"
  attach n1
  expect c $'root\r\nroot'
  end
  start
  wait_until 5 state_is n1 connected
  attach n1 d
  say -n d $'marked\r'
  expect d $'marked\r\nmarked'
  assert_equal "$(roots .d.got)" 2
}

@test "idle without idle_answer: the string is sent again and again, and silence is no fault" {
  start
  node n1 cmd "$(jq -cn --arg t "$T" '{cmd:("sh -c \u0027stty -echo; while read x; do echo \"<$x>\" >>"+$t+"/probes; done\u0027"),idle:"1",idle_string:"ping\\r"}')"
  wait_until 20 eval '[ "$(grep -c "^<ping>$" probes)" -ge 3 ]'
  run show n1
  assert_equal "$(jq -c '[.state,.ups]' <<<"$output")" '["connected",1]'
}
