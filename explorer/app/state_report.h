// --state: what a test wants to know, as JSON. Keys in docs/formats.md.
#pragma once
#include <string>

#include "engine/base/error.h"
#include "explorer/model/state.h"

namespace mp::explorer {

/// samples, bad, labels {class: n}, selected, picks, rounds, accuracy, camera, frame_ms {median, p95},
/// label_to_rescored_ms {median, n}, validation_messages, and what else helps.
std::string state_report(const State& state, int validation_messages);
Result<void> write_text(const std::string& file, const std::string& text);

/// Median and 95 % quantile; zeros for nothing.
struct Quantiles { double median = 0, p95 = 0; };
template <class T>
Quantiles quantiles(std::vector<T> v);

/// labels, accuracy, biased a line; model instant or network.
std::string metrics_csv(const State& state);

}  // namespace mp::explorer
