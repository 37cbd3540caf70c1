// pages: the files of our page, built into the program (lib/web/pack).
#pragma once

#include <span>

#include "lib/web/files.h"

namespace consoled {

std::span<const web::Packed> pages();

}  // namespace consoled
