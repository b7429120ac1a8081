// One measurement a line: {"name", "value", "unit", "n", "device", ...}. What every `bench` prints.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace mp::explorer::cli {

/// JSON with --json, else an aligned line for people. Extra fields are kept in both.
void print_row(bool json, const std::string& name, double value, const std::string& unit, std::size_t n, const std::string& device,
               const nlohmann::json& extra = nlohmann::json::object());

/// "AMD EPYC, 2 threads": what a CPU benchmark ran on.
std::string cpu_name();

}  // namespace mp::explorer::cli
