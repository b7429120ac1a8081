// Commands as JSON and back: {"type": "assign", "class": 3}. For recorded scripts; strict about names and types.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "engine/base/error.h"
#include "explorer/model/command.h"

namespace mp::explorer {

nlohmann::json to_json(const Command& command);
/// Errors: unknown type (lists the known ones), a field of the wrong type.
Result<Command> command_from_json(const nlohmann::json& json);
/// "assign": the name used in scripts and the help.
std::string command_name(const Command& command);
/// False for what a recording leaves out: hover, opening projects, screenshots, the recording itself.
bool is_recorded(const Command& command);

}  // namespace mp::explorer
