#include "lib/journal/play.h"

#include <algorithm>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/journal/reader.h"

namespace journal {

using base::Result;

// One journal that is read and shown.
class Play::Playing {
 public:
  Playing(const ShowOptions& options, std::string name, bool prefix, Output& out, Reader r)
      : node(name), reader(std::move(r)), show(options, std::move(name), prefix, out) {}
  std::string node;
  Reader reader;
  Show show;
  bool over = false;  // nothing more is wanted
};

Result<std::unique_ptr<Play>> Play::make(Asked asked, std::string folder,
                                         std::vector<std::string> nodes, size_t most_kept) {
  Result<ShowOptions> options = show_options(std::move(asked));
  if (!options) return options.error();
  options->most_kept = most_kept;
  return std::unique_ptr<Play>(new Play(std::move(*options), std::move(folder), std::move(nodes)));
}

Play::Play(ShowOptions options, std::string folder, std::vector<std::string> nodes)
    : options_(std::move(options)), folder_(std::move(folder)), nodes_(std::move(nodes)) {}

Play::~Play() = default;

std::vector<Play::Trouble> Play::take_trouble() {
  return std::exchange(trouble_, {});
}

void Play::begin(const std::string& node) {
  const Asked& a = options_.asked;
  Result<Reader> reader = Reader::open(base::cat(folder_, '/', node, ".log"));
  if (!reader) return trouble_.push_back({node, reader.error()});
  const bool last_lines = a.lines && !a.keeps_lines();
  const Result<void> gone = a.since      ? reader->since(*a.since)
                            : last_lines ? reader->last_lines(*a.lines)
                                         : Result<void>();
  if (!gone) trouble_.push_back({node, gone.error()});
  if (!gone && !reader->skip_file()) return;
  all_.push_back(
      std::make_unique<Playing>(options_, node, nodes_.size() > 1, output_, std::move(*reader)));
}

// False: there is more than that.
bool Play::read_on(Playing& p, size_t most) {
  size_t used = 0;
  const size_t had = output_.text.size();
  while (!p.over && used < most && output_.text.size() - had < most) {
    const Result<std::optional<Item>> item = p.reader.next();
    if (!item) trouble_.push_back({p.node, item.error()});
    if (!item && p.reader.skip_file()) continue;
    p.over = !item;
    if (!item || !*item) return true;
    used += (*item)->bytes.size() + 1;
    p.over = !p.show.take(**item, p.reader.epoch());
  }
  return p.over;
}

Play::Now Play::step(size_t most) {
  if (options_.asked.follow) return follow(most);
  for (;;) {
    if (all_.empty()) {
      if (next_ == nodes_.size()) return Now::over;
      begin(nodes_[next_++]);
      continue;
    }
    if (!read_on(*all_.front(), most)) return Now::more;
    all_.front()->show.finish();
    all_.clear();
    if (output_.text.size() >= most) return Now::more;
  }
}

// Each gets its part of a step, that one that floods does not keep the others waiting.
Play::Now Play::follow(size_t most) {
  for (; next_ < nodes_.size(); next_++) begin(nodes_[next_]);
  bool all = true;
  for (const auto& p : all_) all = read_on(*p, std::max<size_t>(1, most / all_.size())) && all;
  return all ? followed() : Now::more;
}

Play::Now Play::followed() {
  bool open = false;
  for (const auto& p : all_) {
    p->show.caught_up();
    open = open || !p->over;
  }
  const std::optional<int64_t>& until = options_.asked.until;
  if (open && !(until && base::wall_us() > *until)) return Now::caught_up;
  for (const auto& p : all_) p->show.finish();
  all_.clear();
  return Now::over;
}

}  // namespace journal
