#include "tools/ptybufferd/about.h"

#include "lib/base/cat.h"

namespace ptybufferd {

std::string about_block(const About& a) {
  return base::cat("INFO=", a.info, "\nPPID=", a.parent, "\nPID=", a.pid, "\nPTY=", a.tty,
                   "\nCHILD=", a.child, "\nBYTES=", a.bytes, "\nBLOCKS=", a.lines,
                   "\nSTARTBLOCK=", a.first_line, "\nHISTORYBLOCKS=", a.history_lines,
                   "\nHISTORYMAX=", a.history_max, "\nSKIPBYTES=", a.skip_bytes,
                   "\nSKIPBLOCKS=", a.skip_lines, "\nSOCKETS=", a.sockets, "\nSOCKFD=", a.socket_fd,
                   "\nSOCKNAME=", a.socket_name, "\n.\n");
}

}  // namespace ptybufferd
