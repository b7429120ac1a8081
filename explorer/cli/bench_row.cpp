#include "explorer/cli/bench_row.h"

#include <cstdio>
#include <fstream>
#include <thread>

namespace mp::explorer::cli {

void print_row(bool json, const std::string& name, double value, const std::string& unit, std::size_t n, const std::string& device, const nlohmann::json& extra) {
  if (json) {
    nlohmann::json j = {{"name", name}, {"value", value}, {"unit", unit}, {"n", n}, {"device", device}};
    j.update(extra);
    std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::string rest;
    for (const auto& [key, v] : extra.items()) rest += "  " + key + " " + (v.is_string() ? v.get<std::string>() : v.dump());
    std::printf("%-28s %12.3f %-10s n %zu%s\n", name.c_str(), value, unit.c_str(), n, rest.c_str());
  }
  std::fflush(stdout);
}

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  std::string line, name = "CPU";
  while (std::getline(in, line))
    if (line.starts_with("model name")) {
      name = line.substr(line.find(':') + 2);
      break;
    }
  return name + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads";
}

}  // namespace mp::explorer::cli
