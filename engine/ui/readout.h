// The small box beside the pointer that says what is under it, at once. Main thread only.
#pragma once
#include <string>
#include <vector>

#include "engine/base/math.h"

namespace mp::ui {

struct ReadoutRow {
  std::string name, value;
  Rgba colour = 0;                // 0: no swatch
  bool strong = false;
};
struct Readout {
  std::string title;
  std::vector<ReadoutRow> rows;
  std::size_t more = 0;           // rows left out
};
void show_readout(const Readout& readout);

}  // namespace mp::ui
