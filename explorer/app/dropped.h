// What is meant by a file or folder that was dropped on the window. Main thread.
#pragma once
#include <string>

#include "explorer/model/command.h"
#include "explorer/model/state.h"

namespace mp::explorer {

/// A project is opened; a CSV holds values by layer; JSON and XML hold boxes, as do folders with such files (or YOLO's
/// texts) on the Boxes screen; any other folder is imported, as layers where its images' names state heights.
Command command_of_drop(const std::string& path, const State& state);

}  // namespace mp::explorer
