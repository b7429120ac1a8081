// Logging to stderr through spdlog. Messages for people go through Error and events, not through here.
#pragma once
#include <spdlog/spdlog.h>

namespace mp::log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

/// stderr, level from MELTPOOL_LOG (trace .. off; default warn). Call once in main.
void init();
}  // namespace mp::log
