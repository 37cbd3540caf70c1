// ask: one command to a daemon's control socket and its answer, before a deadline. Blocks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/wire/json.h"

namespace peer {

// Bytes of one answer. What lists every console grows with them: a hundred thousand fit.
inline constexpr size_t kMaxAnswer = size_t{256} << 20;

// One answer line; the object, checked for "ok". An {"error":...} comes back as the Error, with its
// code and no errno. What came behind the line is appended to `rest`, where that is asked for. The
// descriptor is non-blocking.
base::Result<wire::Json> ask(int fd, const wire::Json& command, base::Time deadline,
                             std::string* rest = nullptr);

// The two halves of that, for who asks several at once: a connection on which the command was
// sent, and its answer.
base::Result<base::Fd> begin_ask(const std::string& control, const wire::Json& command,
                                 base::Time deadline);
base::Result<wire::Json> answer_of(int fd, base::Time deadline, std::string* rest = nullptr);

// Both on a connection of its own.
base::Result<wire::Json> ask(const std::string& control, const wire::Json& command,
                             base::Time deadline);

// A value of an answer: whoever sits behind a socket may send anything.
std::string text_of(const wire::Json& object, std::string_view key,
                    std::string_view otherwise = "");
std::optional<int64_t> number_of(const wire::Json& object, std::string_view key);

}  // namespace peer
