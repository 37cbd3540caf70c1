// Screen: what must be undone on the user's terminal after a program on the other side was left in
// the middle of its work. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pty {

class Screen {
 public:
  // Bytes that are shown, in any pieces.
  void show(std::string_view bytes);
  // What makes it a plain terminal again, with the cursor where text can go on.
  std::string leave() const;

 private:
  void sequence(std::string_view body);

  std::string tail_;        // the beginning of an escape sequence whose end did not come yet
  bool alternate_ = false;  // the program switched to the alternate screen
  bool painted_ = false;    // it moved the cursor about on the one that we have
};

}  // namespace pty
