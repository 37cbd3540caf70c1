#include "tools/consoled/replay.h"

#include <memory>
#include <utility>

#include "lib/journal/reader.h"

namespace consoled {

namespace {

constexpr size_t kMost = size_t{1} << 20;  // bytes of a replay

// Where the last lines begin; an unfinished one is a line.
size_t start_of_last(std::string_view text, size_t lines) {
  size_t at = text.size();
  if (at > 0 && text.back() == '\n') at--;
  for (; lines > 0; lines--) {
    const size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    if (before == std::string_view::npos) return 0;
    if (lines == 1) return before + 1;
    at = before;
  }
  return text.size();
}

void cut(std::string& text) {
  if (text.size() > 2 * kMost) text.erase(0, text.size() - kMost);
}

}  // namespace

std::string last_lines(const std::string& journal, uint64_t from, const std::string& ring,
                       size_t lines) {
  std::string text;
  base::Result<journal::Reader> reader = journal::Reader::open(journal);
  if (reader && (reader->last_lines(lines) || reader->skip_file())) {
    for (auto item = reader->next(); item && *item; item = reader->next()) {
      if ((*item)->what == journal::Item::What::event) continue;
      if ((*item)->numbered && (*item)->offset >= from) break;
      std::string_view bytes = (*item)->bytes;
      if ((*item)->numbered && (*item)->what == journal::Item::What::bytes) {
        bytes = bytes.substr(0, from - (*item)->offset);
      }
      text += bytes;
      cut(text);
    }
  }
  text += ring;
  text.erase(0, std::max(start_of_last(text, lines), text.size() - std::min(text.size(), kMost)));
  return text;
}

void replay(Shared& shared, Console& console, size_t lines,
            const std::function<void(std::string)>& done) {
  const peer::Seen seen = console.seen();
  const base::Ring& ring = console.tape()->ring();
  const uint64_t from = ring.last_lines(seen.tail, lines);
  const auto text = std::make_shared<std::string>(seen.head - from, '\0');
  ring.copy(from, text->size(), text->data());
  const std::string journal = shared.journals.path(console.name());
  if (journal.empty() || from > seen.tail) return done(std::move(*text));
  shared.journals.reads().run(
      [journal, from, text, lines] { *text = last_lines(journal, from, *text, lines); },
      [text, done] { done(std::move(*text)); });
}

}  // namespace consoled
