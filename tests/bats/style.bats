# How the code reads, as far as a program can tell (man/lineman-style.7).
# Each check is a function over a tree, so that it can be shown to fail on a planted bad one.
load helper

setup() {
  lm_setup
  cd "$LM_ROOT" || return 1
}

# --- What the Makefile says

make_list() { sed -n "s/^$1 *:= *//p" "$LM_ROOT/Makefile"; }

# uses NAME: the folders on its `<name>_USES :=` line.
declare -gA USES=()
uses() {
  if [ "${#USES[@]}" -eq 0 ]; then
    while read -r name folders; do USES[$name]=$folders; done < <(
      sed -nE 's/^([a-z0-9]+)_USES *:= */\1 /p' "$LM_ROOT/Makefile"
    )
  fi
  used=${USES[$1]:-}
}

tracked() { git -C "$LM_ROOT" ls-files -co --exclude-standard -- "$@" | sort; }
sources() { tracked 'lib/*.cc' 'lib/*.h' 'tools/*.cc' 'tools/*.h'; }

# --- Includes

# included FILES...: FILE:HEADER for each that is included between quotes or angle brackets.
included() { grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+[>"]' "$@" | sed -E 's/:[^<"]*[<"](.*).$/:\1/'; }

# check_include FILE HEADER: says what is wrong with it, if anything. FILE is relative to the root.
check_include() {
  local file=$1 header=$2 kind own allowed target used
  kind=${file%%/*}
  own=${file#*/} own=${own%%/*}
  uses "$own"
  allowed=" $own $used "
  case $header in
    lib/*)
      target=${header#lib/} target=${target%%/*}
      if [[ $kind == tools ]]; then allowed=" $used "; fi
      [[ $allowed == *" $target "* ]] || echo "$file: $header: not on the line ${own}_USES"
      ;;
    tools/*)
      target=${header#tools/} target=${target%%/*}
      [[ $kind == tools && $target == "$own" ]] || echo "$file: $header: belongs to $target alone"
      ;;
    event2/* | event.h)
      [[ $file == lib/net/* || $file == lib/tls/stream.cc ]] || echo "$file: $header: only in lib/net"
      ;;
    openssl/*)
      [[ $file == lib/tls/*.cc || $file == lib/crypto/*.cc ]] ||
        echo "$file: $header: only in the .cc files of lib/tls and lib/crypto"
      ;;
    libssh/*) [[ $file == lib/ssh/*.cc ]] || echo "$file: $header: only in the .cc files of lib/ssh" ;;
    nlohmann/json_fwd.hpp) [[ $allowed == *" wire "* ]] || echo "$file: $header: needs wire" ;;
    nlohmann/*) [[ $file == *.cc ]] || echo "$file: $header: only in .cc files" ;;
    sqlite3.h) [[ $file == lib/store/*.cc ]] || echo "$file: $header: only in the .cc files of lib/store" ;;
    yaml-cpp/*) [[ $file == lib/conf/yaml.cc ]] || echo "$file: $header: only in lib/conf/yaml.cc" ;;
    boost/*) [[ $file == lib/http/parser.cc ]] || echo "$file: $header: only in lib/http/parser.cc" ;;
    wslay/*) [[ $file == lib/http/*.cc ]] || echo "$file: $header: only in the .cc files of lib/http" ;;
    zstd.h | re2/*) [[ $file == lib/journal/*.cc ]] || echo "$file: $header: only in lib/journal" ;;
    ../* | */../*) echo "$file: $header: includes start at the root" ;;
  esac
}

# check_includes ROOT FILES...
check_includes() {
  local root=$1 file header
  shift
  while IFS=: read -r file header; do check_include "$file" "$header"; done < <(cd "$root" && included "$@")
  # A quoted name without a folder is one that was not taken from the root.
  (cd "$root" && grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^/"]+"' "$@") |
    sed -E 's/:[^"]*"(.*)"$/: \1: includes start at the root/'
}

# shellcheck disable=SC2046
@test "a library folder includes only what its _USES line allows, a tool nothing of another" {
  run check_includes . $(sources)
  assert_success
  assert_output ""
}

@test "the include check finds a lib that uses a tool, an undeclared folder, a stray event2" {
  mkdir -p "$T/lib/wire" "$T/lib/base" "$T/tools/ptyattach"
  printf '#include "lib/net/loop.h"\n#include "tools/ptyattach/x.h"\n' >"$T/lib/wire/bad.cc"
  printf '#include <event2/event.h>\n#include <nlohmann/json.hpp>\n' >"$T/lib/base/bad.h"
  mkdir -p "$T/lib/tls" "$T/lib/http"
  printf '#include <openssl/ssl.h>\n#include <event2/event.h>\n' >"$T/lib/tls/bad.h"
  printf '#include <boost/beast/http.hpp>\n#include <wslay/wslay.h>\n' >"$T/lib/http/bad.h"
  printf '#include <sqlite3.h>\n#include <yaml-cpp/yaml.h>\n' >"$T/lib/tls/bad.cc"
  printf '#include "lib/journal/append.h"\n# include "tools/ptybufferd/job.h"\n#include "own.h"\n' \
    >"$T/tools/ptyattach/bad.cc"
  run check_includes "$T" lib/wire/bad.cc lib/base/bad.h lib/tls/bad.h lib/tls/bad.cc lib/http/bad.h \
    tools/ptyattach/bad.cc
  assert_line "lib/wire/bad.cc: lib/net/loop.h: not on the line wire_USES"
  assert_line "lib/wire/bad.cc: tools/ptyattach/x.h: belongs to ptyattach alone"
  assert_line "lib/base/bad.h: event2/event.h: only in lib/net"
  assert_line "lib/base/bad.h: nlohmann/json.hpp: only in .cc files"
  assert_line "lib/tls/bad.h: openssl/ssl.h: only in the .cc files of lib/tls and lib/crypto"
  assert_line "lib/tls/bad.h: event2/event.h: only in lib/net"
  assert_line "lib/tls/bad.cc: sqlite3.h: only in the .cc files of lib/store"
  assert_line "lib/tls/bad.cc: yaml-cpp/yaml.h: only in lib/conf/yaml.cc"
  assert_line "lib/http/bad.h: boost/beast/http.hpp: only in lib/http/parser.cc"
  assert_line "lib/http/bad.h: wslay/wslay.h: only in the .cc files of lib/http"
  assert_line "tools/ptyattach/bad.cc: lib/journal/append.h: not on the line ptyattach_USES"
  assert_line "tools/ptyattach/bad.cc: tools/ptybufferd/job.h: belongs to ptybufferd alone"
  assert_line "tools/ptyattach/bad.cc: own.h: includes start at the root"
}

@test "the _USES lines draw the picture of the design: no circle, wire and net apart" {
  uses wire && [[ " $used " != *" net "* ]]
  uses net && [[ " $used " != *" wire "* ]]
  local lib use
  for lib in $(make_list LIBS); do
    uses "$lib"
    for use in $used; do echo "$use $lib"; done
  done >"$T/pairs"
  run tsort "$T/pairs"
  assert_success
}

# --- Sizes

# long_functions ROOT LIMIT FILES...: those with more lines than that.
long_functions() {
  local root=$1 limit=$2
  shift 2
  (cd "$root" && ctags --output-format=json --languages=C++ --kinds-C++=f --fields=+ne -o - "$@") |
    jq -r --argjson limit "$limit" 'select(.end != null and .end - .line + 1 > $limit)
      | "\(.path):\(.line): \(.name): \(.end - .line + 1) lines"'
}

# shellcheck disable=SC2046
@test "no function has more than 80 lines" {
  run long_functions . 80 $(sources)
  assert_success
  assert_output ""
}

@test "the function check finds one of 81 lines, and passes one of 80" {
  {
    echo "int fits() {" && yes "  // line" | head -n 78 && echo "}"
    echo "int too_long() {" && yes "  // line" | head -n 79 && echo "}"
  } >"$T/bad.cc"
  run long_functions "$T" 80 bad.cc
  assert_output "bad.cc:81: too_long: 81 lines"
}

@test "half of the functions have at most 12 lines, nine in ten at most 40" {
  # shellcheck disable=SC2046
  run bash -c "ctags --output-format=json --languages=C++ --kinds-C++=f --fields=+ne -o - $(sources | tr '\n' ' ') |
    jq -r '.end - .line + 1' | sort -n |
    awk '{ n[NR] = \$1 } END { print n[int((NR + 1) / 2)], n[int(NR * 0.9)] }'"
  assert_success
  [ "${output% *}" -le 12 ]
  [ "${output#* }" -le 40 ]
}

# over LINES FILES...: those with more.
over() {
  local limit=$1 file lines
  shift
  for file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$limit" ] || echo "$file: $lines lines"
  done
}

@test "no source has more than 500 lines" {
  # shellcheck disable=SC2046
  run over 500 $(sources) $(tracked 'tools/*.sh')
  assert_output ""
}

@test "main.cc is the wiring diagram: at most 60 lines" {
  # shellcheck disable=SC2046
  run over 60 $(tracked 'tools/*/main.cc')
  assert_output ""
}

# --- Shape

@test "clang-format leaves the tree as it is" {
  # shellcheck disable=SC2046
  run clang-format --dry-run --Werror $(tracked '*.cc' '*.h')
  assert_success
}

@test "headers say #pragma once and begin with what they are" {
  # shellcheck disable=SC2046
  run awk 'FNR == 1 && !/^\/\/ ./ { print FILENAME ": does not begin with what it is" }
    /^#pragma once$/ { once[FILENAME] = 1 }
    END { for (i = 1; i < ARGC; i++) if (!once[ARGV[i]]) print ARGV[i] ": no #pragma once" }' $(tracked 'lib/*.h' 'tools/*.h')
  assert_success
  assert_output ""
}

@test "no macro is defined but CHECK" {
  run bash -c "grep -nE '^[[:space:]]*#[[:space:]]*define ' $(sources | tr '\n' ' ') | grep -vE 'define CHECK'"
  assert_output ""
}

@test "shell scripts are clean for shellcheck" {
  local files=()
  # shellcheck disable=SC2046
  mapfile -t files < <(awk 'FNR == 1 && /^#!.*\/(env )?(ba|da)?sh( |$)/ { print FILENAME } { nextfile }' $(tracked))
  [ "${#files[@]}" -ge 4 ]
  run shellcheck --severity=warning "${files[@]}"
  assert_success
}

@test "what bats files load is clean for shellcheck" {
  # shellcheck disable=SC2046
  run shellcheck --severity=warning --shell=bash --exclude=SC2034,SC2154 $(tracked 'tests/bats/*.bash')
  assert_success
}

@test "the bats files close descriptor 3 of what they leave in the background" {
  run bash -c "grep -nE '^[^#]*[^&>|;]&[[:space:]]*\$' tests/bats/*.bats | grep -v '3>&-' | grep -v start_bg"
  assert_output ""
}

# --- Manuals

tools() { make_list TOOLS; make_list SCRIPTS; }
manual_of() { ls "$LM_ROOT/man/$1".[18] 2>/dev/null; }
squeezed() { tr -s ' \t\n' ' ' | sed -e 's/^ //' -e 's/ $//'; }

# usage_of TEXT-FILE: the paragraph that begins with `usage:`, on one line.
usage_of() { awk '/^[Uu]sage:/ { on = 1; sub(/^[Uu]sage: */, "") } on && /^$/ { exit } on' "$1" | squeezed; }

synopsis_of() {
  mandoc -Tascii -O width=1000 "$1" | col -bx |
    awk '/^SYNOPSIS/ { on = 1; next } on && /^[A-Z]/ { exit } on' | squeezed
}

# options_in TEXT-FILE: the letters and long names that the help describes.
options_in() {
  grep -E '^ +-' "$1" | sed -E 's/^ +//; s/  .*//' | grep -oE '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9-]*' |
    tr -d ' ,' | sort -u
}

@test "each tool has a manual that mandoc accepts" {
  local tool
  for tool in $(tools); do
    [ -n "$(manual_of "$tool")" ] || fail "no man/$tool.1 or man/$tool.8"
    run mandoc -Tlint -W warning "$(manual_of "$tool")"
    assert_success
    assert_output ""
  done
  for page in man/*.[157]; do
    [ -e "$page" ] || continue
    run mandoc -Tlint -W warning "$page"
    assert_output ""
  done
}

@test "each manual has its sections: exit statuses, examples" {
  local tool section
  for tool in $(tools); do
    for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
      grep -q "^\.Sh $section\$" "$(manual_of "$tool")" || fail "$tool: no section $section"
    done
  done
}

@test "the SYNOPSIS is the usage that --help prints" {
  local tool
  for tool in $(tools); do
    "$tool" --help >"$T/help" 2>&1 || fail "$tool --help: status $?"
    run usage_of "$T/help"
    assert_output "$(synopsis_of "$(manual_of "$tool")")"
  done
}

@test "every option of --help is in the manual" {
  local tool option
  for tool in $(tools); do
    "$tool" --help >"$T/help" 2>&1 || fail "$tool --help: status $?"
    mandoc -Tascii -O width=200 "$(manual_of "$tool")" | col -bx >"$T/page"
    for option in $(options_in "$T/help"); do
      grep -qE -e "(^|[^-A-Za-z0-9])$option([^-A-Za-z0-9]|\$)" "$T/page" || fail "$tool: $option: not in the manual"
    done
  done
}

# Helpers are started by tools alone: they have no manual, so their --help says it all.
@test "each helper describes itself, and knows --version and wrong use, as tools do" {
  local helper
  for helper in $(make_list HELPERS) $(make_list HELPER_SCRIPTS); do
    [ -z "$(manual_of "$helper")" ] || fail "$helper: has a manual, as tools have"
    run --separate-stderr "$BUILD/libexec/lineman/$helper" --help
    assert_success
    assert_line --index 0 --regexp "^usage: $helper "
    assert_output --partial 'Used by the tools of lineman.'
    run "$BUILD/libexec/lineman/$helper" --version
    assert_output --partial "$(make_list VERSION)"
    run --separate-stderr "$BUILD/libexec/lineman/$helper" --no-such-option
    assert_failure 100
    [[ $stderr == *no-such-option* ]] || fail "$helper: $stderr"
  done
}

@test "--version names the tool and the version, an unknown option is status 100 and says so" {
  local tool version
  version=$(make_list VERSION)
  for tool in $(tools); do
    run --separate-stderr "$tool" --version
    assert_success
    assert_output --partial "$version"
    run --separate-stderr "$tool" --no-such-option
    assert_failure 100
    assert_equal "$output" ""
    [[ $stderr == *no-such-option* ]] || fail "$tool: $stderr"
  done
}

# --- The sum of all this

# results UNIT TAP: sums such results; the last line in $output.
results() {
  mkdir -p "$T/results"
  printf '%s' "$1" >"$T/results/unit.out"
  printf '%s' "$2" >"$T/results/bats.tap"
  run --separate-stderr tests/summary "$T/results"
}

@test "the sum adds unit and bats, and is the last line" {
  results $'noise\n[doctest] test cases: 6 | 6 passed | 0 failed | 0 skipped\n' $'1..2\nok 1 a\nok 2 b\n'
  assert_success
  assert_output "8 passed, 0 failed"
}

@test "the sum counts what failed, was skipped, did not run, has no result, or a sanitizer's report" {
  local unit='[doctest] test cases: 2 | 2 passed | 0 failed' tap=$'1..1\nok 1 a\n'
  results '[doctest] test cases: 6 | 4 passed | 2 failed | 1 skipped' "$tap"
  assert_failure 1
  assert_output "5 passed, 3 failed"
  results "$unit" $'1..3\nok 1 a\nnot ok 2 b\nok 3 c # skip later\n'
  assert_output "3 passed, 2 failed"
  results "$unit" $'1..3\nok 1 a\n'
  assert_output "3 passed, 2 failed"
  results "$unit" ''
  assert_output "2 passed, 1 failed"
  results 'Segmentation fault' "$tap"
  assert_output "1 passed, 1 failed"
  results $'ring.cc:3: runtime error: shift\n'"$unit" "$tap"
  rm "$T/results/unit.out" # lest teardown believe it
  assert_output "3 passed, 1 failed"
  assert_failure 1
}

@test "a bats file that cannot be read, hangs, or holds bats' descriptors is a failure" {
  printf 'load nowhere\n@test "never" { true; }\n' >"$T/broken.bats"
  printf '@test "hangs" { sleep 1000; }\n' >"$T/hangs.bats"
  printf '@test "leaves" { sleep 1001 & }\n' >"$T/leaves.bats"
  run env LIMIT=1 FILE_LIMIT=3 tests/run-bats "$T/out.tap" "$T/broken.bats" "$T/hangs.bats" "$T/leaves.bats"
  assert_failure 1
  run cat "$T/out.tap"
  assert_line --index 0 --regexp '^1\.\.[45]$'
  assert_line --regexp '^not ok .*setup_file failed'
  assert_line --regexp '^not ok .* hangs'
  assert_line --regexp '^not ok .*leaves\.bats: bats ended with status (124|137)'
}
