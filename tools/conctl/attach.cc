#include "tools/conctl/attach.h"

#include <nlohmann/json.hpp>

#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/peer/ask.h"

namespace conctl {

using base::Result;
using wire::Json;

Result<Attached> attach(const Wanted& wanted, base::Time deadline) {
  const Result<net::Address> address = net::unix_address(wanted.control);
  if (!address) return address.error();
  Result<base::Fd> fd = net::dial(*address, deadline);
  if (!fd) return fd.error();
  Json request = {
      {"cmd", "attach"}, {"console", wanted.console}, {"raw", true}, {"readonly", wanted.readonly}};
  if (wanted.size) {
    request["rows"] = wanted.size->rows;
    request["cols"] = wanted.size->columns;
  }
  if (wanted.from) {
    request["from"] = {{"epoch", wanted.from->epoch}, {"offset", wanted.from->offset}};
  } else {
    request["from"] = wanted.now ? "now" : "line";
  }
  Attached a;
  const Result<Json> answer = peer::ask(fd->get(), request, deadline, &a.first);
  if (!answer) return answer.error();
  a.stream = std::move(*fd);
  a.viewer = peer::number_of(*answer, "viewer").value_or(0);
  a.at.epoch = peer::number_of(*answer, "epoch").value_or(0);
  a.at.offset = static_cast<uint64_t>(peer::number_of(*answer, "offset").value_or(0));
  a.skipped = static_cast<uint64_t>(peer::number_of(*answer, "skipped").value_or(0));
  return a;
}

Result<Json> command(const std::string& control, const Json& request, base::Time deadline) {
  return peer::ask(control, request, deadline);
}

}  // namespace conctl
