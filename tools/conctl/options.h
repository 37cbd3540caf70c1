// Options: what holds for every command: whom to ask, and how answers are to look. From the command
// line before the command, and from congo's environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/args.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace conctl {

extern const std::string_view kUsage;

// Files for TLS, PEM; empty: none. What CONGO_SSL_KEY, _CERT and _CA_CERT name.
struct TlsFiles {
  std::string key, cert, ca;
  bool insecure = false;  // CONGO_SSL_INSECURE: nobody is to be verified, which is refused
  bool given() const { return !key.empty() && !cert.empty() && !ca.empty(); }
};

struct Options {
  bool json = false;               // -j
  bool congo = false;              // called as congo: its exit statuses
  std::string socket;              // --socket: the unix socket that speaks HTTP; "": look for one
  std::string url;                 // CONGO_URL: REST over TCP instead; "": unix socket
  std::string host = "127.0.0.1";  // CONGO_SERVER_HOST: of the console port; name in certificates
  std::string port = "12430";      // CONGO_PORT
  TlsFiles tls;
  base::Duration dial_patience = std::chrono::seconds(30);  // CONGO_CONSOLE_TIMEOUT
  base::Duration patience = std::chrono::seconds(5);        // --timeout: of one request

  std::vector<std::string> command;  // the command and what follows it
};

// A text of ours with the name that we were called by.
std::string as_called(const Options& options, std::string_view text);

// Ends the process for --help, --version and wrong use.
Options parse_options(int argc, char** argv);

// Whether there is a -j among the words, which hold also where others of them are wrong.
bool asks_json(int argc, const char* const* argv);
// base::parse_or_exit, which complains as `options` say.
base::Args parse_words(const Options& options, std::string_view usage, int argc,
                       const char* const* argv, base::Args::Order order);

// The status for exit(3) of a request that failed: congo's 1, or the one that fits the error.
int failure(const Options& options, const base::Error& error);

}  // namespace conctl
