# conctl with CONGO_URL: what goconserver's routes and port can do, and what is refused.
load helper
load consoled


@test "with a goconserver status has names and states, and who has addresses" {
  goconserver
  run conctl status
  assert_success
  assert_equal "$(awk '{ print $1, $2, $3, $4 }' <<<"$output")" \
    $'db - avaiable -\nweb1 - connected -\nweb2 - error -'
  assert_equal "$(conctl -j status 'web*' | jq -r '.console + "=" + .state' | tr '\n' ' ')" \
    'web1=connected web2=error '
  run conctl who
  assert_success
  assert_equal "$(awk '{ print $1, $2, $3, $4 }' <<<"$output")" \
    $'db - - 10.0.0.1:1\nweb1 - - 127.0.0.1:58656\nweb1 - - 127.0.0.1:58657'
  run conctl who web2
  assert_success
  assert_output ""
  run conctl who zz
  assert_failure 1
  assert_output --partial 'zz: no such name'
}

@test "a consoled that fails is taken for no goconserver" {
  goconserver broken
  for words in status who 'who web1'; do
    # shellcheck disable=SC2086
    run conctl $words
    assert_failure
    assert_output --partial 'it went wrong'
  done
}

@test "with a consoled over TCP status and who have what they have on its socket" {
  configure
  start
  conctl create n1 driver=cmd --param cmd=cat >/dev/null
  conctl create n2 driver=cmd ondemand=true --param cmd=cat >/dev/null
  wait_until 10 is_up n1
  start_bg sh -c 'sleep 60 | conctl console n1 >got 2>&1'
  wait_until 10 sh -c 'conctl who n1 | grep -q n1'
  for words in 'status' 'status n*' 'who' 'who n1' 'who n2'; do
    # shellcheck disable=SC2086
    conctl $words >here
    # shellcheck disable=SC2086
    CONGO_URL=$URL conctl $words >there
    run diff here there
    assert_success
  done
}

@test "what needs consoled's own sockets is refused with CONGO_URL, and says what to do" {
  goconserver
  local command words
  for command in kick send tell note break down reconnect events batch edit web; do
    case $command in
      kick) words='web1 7' ;;
      send | tell | note) words='web1 text' ;;
      events | batch | web) words= ;;
      *) words=web1 ;;
    esac
    # shellcheck disable=SC2086
    run conctl $command $words
    assert_failure 100
    assert_output --regexp "^conctl: $command: .*CONGO_URL"
    assert_output --partial unset
    mandoc -Tascii -O width=200 "$LM_ROOT/man/conctl.1" | col -bx | sed -n '/^ENVIRONMENT/,/^FILES/p' |
      grep -qw "$command" || fail "$command: not in the manual"
    # shellcheck disable=SC2086
    run conctl -j $command $words
    assert_failure 100
    assert_equal "$(jq -r .error.code <<<"$output")" usage
  done
}
