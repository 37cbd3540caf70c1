#include "tools/consoled/pages.h"

extern "C" {
// Of the assembler's text that lib/web/pack wrote.
extern const web::Packed consoled_pages[];
extern const size_t consoled_pages_size;
}

namespace consoled {

std::span<const web::Packed> pages() {
  return {consoled_pages, consoled_pages_size};
}

}  // namespace consoled
