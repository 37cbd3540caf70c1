// say: answers on stdout, complaints on stderr, in congo's words where it has some.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "tools/conctl/server.h"

namespace conctl {

void out(std::string_view text);
void out_line(std::string_view line);
// One line of JSON.
void out_json(const nlohmann::json& value);
// A body for people, as congo prints it: JSON with tabs, else an empty line.
void out_body(const std::string& body);

// A request failed: `tool: what` or, with -j, {"error":{"code","message"}} on stdout; and the
// status for exit(3). `before`: congo's first words.
int complain(const Options& options, const base::Error& error, std::string_view before = "");
// An answer that is no 2xx, as congo says it: with the server's own words behind it or, called as
// congo, before it on stdout.
int complain(const Options& options, const http::Answer& answer, std::string_view before = "");

// The answer to what was done to one console: `done`, or the complaint.
int tell(const Options& options, const base::Result<http::Answer>& answer, const std::string& name,
         std::string_view done);

// The map that routes for several consoles answer with: "NAME: what became of it" for each, sorted;
// 1 where something is not one of `good`.
int results(const Options& options, const nlohmann::json& map);

}  // namespace conctl
