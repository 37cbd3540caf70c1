// Keys: what a person types, with the keys for conctl itself taken out: ^Ec and one more, as congo
// and conserver have them. What only looked like their beginning is keys, and nothing around them
// is lost. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace conctl {

enum class Ask {
  none,         // keys alone
  leave,        // ^Ec.
  help,         // ^Ec?
  replay,       // ^Ecr  what was said last
  playback,     // ^Ecp  more of it
  last_line,    // ^Ec^R
  who,          // ^Ecw
  info,         // ^Eci
  all,          // ^Ecu
  send_break,   // ^Ecl1 to ^Ecl9, ^Ecl0: a BREAK
  list_breaks,  // ^Ecl?
  spy,          // ^Ecs  only look from now on
  write,        // ^Eca  type again
  down,         // ^Ecd  close the line
  reconnect,    // ^Eco
  message,      // ^Ecb  a word to all who look
  note,         // ^Ecn  a word into the journal
  move,         // ^Ec;  to another console
  logging,      // ^EcL
  version,      // ^Ecv
  suspend,      // ^Ecz
  new_keys,     // ^Ece and the two that begin it from now on
  not_ours,     // conserver has it
};

struct Typed {
  std::string keys;  // for the console, before:
  Ask ask = Ask::none;
  int number = 0;             // of a break
  std::string_view why = "";  // of a key that is not ours; a constant
};

class Keys {
 public:
  // The two that begin it: ^E and c.
  explicit Keys(char first = '\x05', char second = 'c') : prefix_{first, second} {}

  // Up to and with the next of them, out of `bytes`, which are not empty; a beginning that may
  // still become one is kept.
  Typed take(std::string_view& bytes);
  // What was kept, for the end of input.
  std::string rest() { return std::move(held_); }

  // The two, as people write them: "^Ec".
  std::string name() const;
  // What ^Ec? shows; of several consoles at once, not all of it.
  std::string help_text(bool several) const;

 private:
  std::optional<Typed> next(char c);
  std::optional<Typed> command(char c);
  std::optional<Typed> numbered_break(char c);
  Typed new_prefix(char c);
  std::optional<Typed> octal(char c);
  Typed done(Ask ask, int number = 0, std::string_view why = "");

  std::string prefix_;
  std::string held_;  // the beginning, as far as it has come
};

// "^Ec", "^]c", "xy": the two keys; empty where the text is something else.
std::string parse_keys(std::string_view text);

}  // namespace conctl
