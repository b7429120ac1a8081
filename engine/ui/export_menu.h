// The right-click menu of plots. Main thread only.
#pragma once
#include <functional>
#include <string>

#include "engine/base/error.h"
#include "engine/ui/popup.h"

namespace mp::ui {

/// Draws the menu "##export" of the current id when it is open; `write` makes one file. Rows are marked
/// "<name>/Export SVG" and so on. The outcome goes to set_export_callback's function.
void export_menu(const std::string& name, const std::function<Result<void>(const std::string& file)>& write);

/// A file name from a plot's: "ROC, held-out" -> "roc-held-out".
std::string file_stem(const std::string& name);

}  // namespace mp::ui
