// The command edit: changes of a definition, by words of the command line or in an editor. What
// somebody else changed meanwhile is not overwritten.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/wire/json.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/definition.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Errc;
using base::error;
using base::Result;
using nlohmann::ordered_json;

namespace {

constexpr size_t kMostText = size_t{1} << 20;
constexpr int kTries = 3;

// A definition as it was seen.
struct Seen {
  ordered_json node;
  std::string revision;  // what the server takes for If-Match; "" where it has none
};

Result<Seen> look(Server& server, const std::string& name) {
  const Result<http::Answer> answer = server.call("GET", Server::node_path(name));
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal(*answer);
  const ordered_json body = ordered_json::parse(answer->body, nullptr, false);
  if (!body.is_object() || !body.contains("StorageNode") || !body.at("StorageNode").is_object()) {
    return error(Errc::bad_input, name, ": an answer without node");
  }
  Seen seen{body.at("StorageNode"), std::string(answer->fields.get("ETag"))};
  if (seen.node.contains("Labels")) {  // as people write it
    seen.node["labels"] =
        seen.node["Labels"].is_null() ? ordered_json::object() : ordered_json(seen.node["Labels"]);
    seen.node.erase("Labels");
  }
  return seen;
}

// It was changed by somebody else, or is being changed.
bool crossed(const Result<http::Answer>& answer) {
  return answer && (answer->status == 409 || answer->status == 412);
}

Result<http::Answer> put(Server& server, const std::string& name, const Seen& seen,
                         const std::string& body) {
  const std::string match =
      seen.revision.empty() ? "" : base::cat("If-Match: ", seen.revision, "\r\n");
  return server.call("PUT", "/v1" + Server::node_path(name), body, match);
}

// Words of the command line hold for whatever the definition is by then.
int by_words(const Options& options, Server& server, const std::string& name,
             const Definition& definition) {
  for (int left = kTries;; left--) {
    const Result<Seen> seen = look(server, name);
    if (!seen) return complain(options, seen.error());
    const std::string body =
        wire::dump(apply(definition, name, wire::Json::parse(seen->node.dump())));
    const Result<http::Answer> answer = put(server, name, *seen, body);
    if (crossed(answer) && left > 1) continue;
    return tell(options, answer, name, "Updated");
  }
}

// A file that only we can read: there may be a new password in it.
class Draft {
 public:
  explicit Draft(const std::string& name) {
    const char* folder = std::getenv("TMPDIR");
    path_ = base::cat(folder == nullptr || *folder == '\0' ? "/tmp" : folder, "/conctl-", name,
                      "-XXXXXX.json");
    constexpr int kSuffix = 5;
    const base::Fd fd(::mkostemps(path_.data(), kSuffix, O_CLOEXEC));
    made_ = static_cast<bool>(fd);
  }
  ~Draft() {
    if (made_ && !kept_) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const std::string& path() const { return path_; }
  bool made() const { return made_; }
  void keep() { kept_ = true; }
  Result<void> write(const std::string& text) const {
    const base::Result<base::Fd> fd = base::open_file(path_, O_WRONLY | O_TRUNC);
    return fd ? base::write_all(fd->get(), text) : fd.error();
  }
  Result<std::string> read() const { return base::read_file(path_, kMostText); }

 private:
  std::string path_;
  bool made_ = false, kept_ = false;
};

// As git does it: the words of the variable are a shell's.
Result<void> run_editor(const std::string& path) {
  std::string editor;
  for (const char* name : {"EDITOR", "VISUAL"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') editor = value;
  }
  if (editor.empty()) editor = "vi";
  ::setenv("CONCTL_DRAFT", path.c_str(), 1);
  const int status = std::system(base::cat(editor, " \"$CONCTL_DRAFT\"").c_str());  // NOLINT
  if (status == 0) return {};
  return error(Errc::denied, editor, ": ended with status ",
               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
               ": nothing was changed");
}

// What the text says, if it is a definition of this console.
Result<std::string> body_of(const std::string& text, const std::string& name) {
  const Result<wire::Json> node = wire::parse(text);
  if (!node) return node.error();
  if (!node->is_object()) return error(Errc::bad_input, "expected an object");
  if (text_of(*node, "name") != name) {
    return error(Errc::bad_input, "\"name\": it stays ", name, ": export and import rename");
  }
  return wire::dump(*node);
}

// Whether to open the editor once more.
bool once_more(const Options& options, const base::Error& wrong) {
  if (options.json) return false;
  base::log::error(wrong.what);
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return false;
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, "Edit it again? [Y/n] ")));
  std::array<char, 64> line{};
  const ssize_t n = ::read(STDIN_FILENO, line.data(), line.size());
  return n > 0 && line[0] != 'n' && line[0] != 'N';
}

int kept(const Options& options, Draft& draft, const base::Error& wrong) {
  draft.keep();
  return complain(options, base::Error{wrong.code, wrong.sys,
                                       base::cat(wrong.what, ": your text is in ", draft.path())});
}

int in_editor(const Options& options, Server& server, const std::string& name) {
  const Result<Seen> seen = look(server, name);
  if (!seen) return complain(options, seen.error());
  Draft draft(name);
  if (!draft.made()) return complain(options, base::sys_error(errno, draft.path()));
  const std::string before = seen->node.dump(2) + "\n";
  if (Result<void> r = draft.write(before); !r) return complain(options, r.error());
  for (;;) {
    if (Result<void> r = run_editor(draft.path()); !r) return complain(options, r.error());
    const Result<std::string> text = draft.read();
    if (!text) return complain(options, text.error());
    if (*text == before) return tell(options, http::Answer{200, {}, "", true}, name, "Unchanged");
    const Result<std::string> body = body_of(*text, name);
    if (!body) {
      const base::Error wrong = base::in(draft.path(), body.error());
      if (once_more(options, wrong)) continue;
      return kept(options, draft,
                  options.json ? wrong : error(Errc::bad_input, "nothing was changed"));
    }
    server.hang_up();  // it was idle while somebody typed
    const Result<http::Answer> answer = put(server, name, *seen, *body);
    if (answer && answer->status / 100 == 2) return tell(options, answer, name, "Updated");
    const base::Error wrong = answer ? refusal(*answer) : answer.error();
    const bool mistaken = answer && (answer->status == 400 || answer->status == 413);
    if (mistaken && once_more(options, wrong)) continue;
    return kept(options, draft, wrong);
  }
}

}  // namespace

int edit(const Options& options, const base::Args& args) {
  if (!options.url.empty()) {
    return complain(options, error(Errc::usage,
                                   "edit: unset CONGO_URL: goconserver's routes change "
                                   "no definition; delete and create do"));
  }
  const Result<Definition> definition = read_definition(args);
  if (!definition) return complain(options, definition.error());
  Server server(options);
  const auto names = names_of(server, {args.operands()[0]});
  if (!names) return complain(options, names.error());
  if (names->size() != 1) {
    return complain(options, error(Errc::usage, "edit: expected one console, got ", names->size()));
  }
  const bool words =
      args.operands().size() > 1 || args.has("params") || args.has("param") || args.has("label");
  return words ? by_words(options, server, names->front(), *definition)
               : in_editor(options, server, names->front());
}

}  // namespace conctl
