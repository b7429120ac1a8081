#include "engine/base/log.h"

#include <cstdlib>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace mp::log {

void init() {
  auto logger = spdlog::stderr_color_mt("meltpool");
  spdlog::set_default_logger(logger);
  const char* level = std::getenv("MELTPOOL_LOG");
  spdlog::set_level(level ? spdlog::level::from_str(level) : spdlog::level::warn);
  spdlog::set_pattern("%H:%M:%S.%e %^%l%$ %v");
}

}  // namespace mp::log
