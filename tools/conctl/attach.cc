#include "tools/conctl/attach.h"

#include <nlohmann/json.hpp>

#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/peer/ask.h"
#include "tools/conctl/link.h"

namespace conctl {

using base::Result;
using wire::Json;

Result<Attached> attach(const Wanted& wanted, base::Time deadline) {
  const Result<net::Address> address = net::unix_address(wanted.control);
  if (!address) return address.error();
  Result<base::Fd> fd = net::dial(*address, deadline);
  if (!fd) return unreachable(fd.error());
  Json request = {{"console", wanted.console}, {"raw", true}, {"readonly", wanted.readonly}};
  if (wanted.size) {
    request["rows"] = wanted.size->rows;
    request["cols"] = wanted.size->columns;
  }
  if (wanted.from) {
    request["from"] = peer::from_place(*wanted.from);
  } else {
    request["from"] = wanted.now ? "now" : "line";
  }
  Result<peer::Joined> joined = peer::join(fd->get(), std::move(request), deadline);
  if (!joined) return joined.error();
  Attached a;
  a.stream = std::move(*fd);
  a.joined = std::move(*joined);
  return a;
}

Result<Json> command(const std::string& control, const Json& request, base::Time deadline) {
  return peer::ask(control, request, deadline);
}

}  // namespace conctl
