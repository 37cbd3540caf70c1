#include <doctest/doctest.h>

#include "lib/pty/named_lines.h"

using pty::NamedLines;

TEST_CASE("named lines: each whole line has the name, padded, and loses its CR") {
  NamedLines l("n1", 4, "\n");
  CHECK(l.take("one\r\ntw") == "n1  : one\n");
  CHECK(l.take("o\n\nthree") == "n1  : two\nn1  : \n");
  CHECK(l.rest() == "n1  : three\n");
  CHECK(l.take("10%\r90%\r\r\n") == "n1  : 10%\rn1  : 90%\n");
  CHECK(l.take("\rback\n") == "n1  : \rn1  : back\n");
  CHECK(l.rest() == "");
  CHECK(l.line("[gone]") == "n1  : [gone]\n");
}

TEST_CASE("named lines: a line without end comes in pieces, and nothing is lost") {
  NamedLines l("n", 1, "\r\n");
  const std::string piece(NamedLines::kLongest, 'x');
  CHECK(l.take(piece) == "");
  CHECK(l.take("y") == "n: " + piece + "y\r\n");
  CHECK(l.take("z\n") == "n: z\r\n");
}
