// See sweep.h.
#include "ml/train/sweep.h"

#include <charconv>
#include <cstdio>
#include <numeric>
#include <sstream>

#include "engine/base/hash.h"

namespace mp::ml {

Result<SweepAxis> parse_sweep_axis(const std::string& text) {
  const auto equals = text.find('=');
  SweepAxis axis{text.substr(0, equals), {}};
  if (equals != std::string::npos) {
    std::stringstream in(text.substr(equals + 1));
    for (std::string v; std::getline(in, v, ',');)
      if (!v.empty()) axis.values.push_back(v);
  }
  if (axis.values.empty()) return fail("cannot sweep", {}, "FIELD=VALUE,VALUE,...", "\"" + text + "\"");
  TrainSettings probe;
  for (const auto& v : axis.values)
    if (auto ok = set_setting(probe, axis.field, v); !ok) return tl::make_unexpected(ok.error());
  return axis;
}

Result<std::vector<TrainSettings>> sweep_runs(const TrainSettings& base, std::span<const SweepAxis> axes, int random,
                                              std::uint64_t seed) {
  std::size_t all = 1;
  for (const auto& a : axes) {
    all *= a.values.size();
    if (all > kMaxSweepRuns)
      return fail("cannot sweep", {}, "at most " + std::to_string(kMaxSweepRuns) + " combinations", "more");
  }
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), std::size_t(0));
  if (random > 0) {
    Rng(hash_combine(seed, 0x53eeb)).shuffle(order);
    order.resize(std::min(all, std::size_t(random)));
  }
  std::vector<TrainSettings> runs;
  for (auto index : order) {
    auto s = base;
    for (std::size_t a = axes.size(); a-- > 0;) {  // the last axis changes fastest
      const auto& values = axes[a].values;
      if (auto ok = set_setting(s, axes[a].field, values[index % values.size()]); !ok) return tl::make_unexpected(ok.error());
      index /= values.size();
    }
    if (auto ok = check_settings(s); !ok) return tl::make_unexpected(ok.error());
    runs.push_back(std::move(s));
  }
  return runs;
}

Result<void> set_setting(TrainSettings& settings, const std::string& field, const std::string& text) {
  bool known = false, fits = false;
  std::string names;
  for_each_setting(settings, [&]<class T>(const char* name, T& value, const char*) {
    names += (names.empty() ? "" : ", ") + std::string(name);
    if (field != name) return;
    known = true;
    if constexpr (std::is_same_v<T, std::string>) {
      value = text;
      fits = true;
    } else if constexpr (std::is_same_v<T, bool>) {
      fits = text == "true" || text == "false";
      if (fits) value = text == "true";
    } else {
      T v{};
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
      fits = error == std::errc() && end == text.data() + text.size();
      if (fits) value = v;
    }
  });
  if (!known) return fail("unknown setting", {}, "one of " + names, "\"" + field + "\"");
  if (!fits) return fail("cannot set " + field, {}, "a value of it", "\"" + text + "\"");
  return {};
}

std::string setting_text(const TrainSettings& settings, const std::string& field) {
  std::string text;
  for_each_setting(settings, [&]<class T>(const char* name, const T& value, const char*) {
    if (field != name) return;
    if constexpr (std::is_same_v<T, std::string>)
      text = value;
    else if constexpr (std::is_same_v<T, bool>)
      text = value ? "true" : "false";
    else {
      char digits[40];
      text.assign(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
  });
  return text;
}

}  // namespace mp::ml
