// The row of screens in the top bar. Main thread only.
#pragma once
#include <span>
#include <string_view>

#include "engine/ui/ui.h"

namespace mp::ui {

/// Pills in one line, centred in the bar; each marked with its label. Left and right arrows change the tab when the row
/// has the focus ring. True when `current` changed.
bool tabs(std::string_view name, int& current, std::span<const std::string_view> labels);

/// Two or three exclusive choices in one frame, over the available width (or as wide as its labels with fit).
bool segmented(std::string_view name, int& current, std::span<const std::string_view> labels, bool fit = false);

}  // namespace mp::ui
