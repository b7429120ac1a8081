// Many runs with different settings: every combination of the listed values, or some of them at random. Plain values;
// any thread.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "ml/train/train_settings.h"

namespace mp::ml {

struct SweepAxis {
  std::string field;                // of for_each_setting
  std::vector<std::string> values;
};

constexpr std::size_t kMaxSweepRuns = 10'000;

/// "learning_rate=0.001,0.003". Errors: no such field, no value.
Result<SweepAxis> parse_sweep_axis(const std::string& text);

/// Errors: as set_setting and check_settings for each combination; more than kMaxSweepRuns. random > 0: so many
/// different combinations, chosen by the seed.
Result<std::vector<TrainSettings>> sweep_runs(const TrainSettings& base, std::span<const SweepAxis> axes, int random,
                                              std::uint64_t seed);

/// A field from text and back. Errors: no such field, text that is no value of it.
Result<void> set_setting(TrainSettings& settings, const std::string& field, const std::string& text);
std::string setting_text(const TrainSettings& settings, const std::string& field);

}  // namespace mp::ml
