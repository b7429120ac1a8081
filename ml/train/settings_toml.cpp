// Training settings as a TOML file. See train_settings.h.
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <sstream>
#include <toml++/toml.h>
#include <utility>

#include "ml/train/train_settings.h"

namespace mp::ml {
namespace {

/// "expected" of a field by its type.
template <class T>
const char* kind_of() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::string>) return "a text";
  return std::is_integral_v<T> ? "a whole number" : "a number";
}

template <class T>
bool take(const toml::node& node, T& value) {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    auto v = node.value_exact<T>();
    if (v) value = *v;
    return v.has_value();
  } else if constexpr (std::is_integral_v<T>) {
    auto v = node.value_exact<std::int64_t>();
    if (!v || !std::in_range<T>(*v)) return false;
    value = T(*v);
    return true;
  } else {
    auto v = node.value<double>();
    if (!v || !std::isfinite(*v) || std::abs(*v) > double(std::numeric_limits<T>::max())) return false;
    value = T(*v);
    return true;
  }
}

}  // namespace

Result<void> read_settings_toml(const std::string& path, TrainSettings& settings) {
  toml::table file;
  std::error_code ec;
  if (!std::filesystem::is_regular_file(path, ec))
    return fail("cannot read the settings", path, "a TOML file", std::filesystem::is_directory(path, ec) ? "a folder" : "no such file", "Name a file with settings; `train --help` lists them");
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& e) {
    return fail("cannot read the settings", path, "a TOML file",
                std::string(e.description()) + " in line " + std::to_string(e.source().begin.line));
  }
  const toml::table* table = file["training"].as_table();
  if (!table) table = &file;
  TrainSettings read = settings;
  std::set<std::string, std::less<>> names;
  std::string wrong_types, unknown;
  for_each_setting(read, [&]<class T>(const char* name, T& value, const char*) {
    names.insert(name);
    auto* node = table->get(name);
    if (node && !take(*node, value)) wrong_types += (wrong_types.empty() ? "" : "; ") + std::string(name) + " is not " + kind_of<T>();
  });
  const auto name_unknown = [&](const toml::table& in, std::string_view but) {
    for (auto&& [key, value] : in)
      if (key.str() != but && !(&in == table && names.contains(key.str())))
        unknown += (unknown.empty() ? "" : ", ") + ("\"" + std::string(key.str().substr(0, 40)) + "\"");
  };
  name_unknown(*table, {});
  if (table != &file) name_unknown(file, "training");
  if (!unknown.empty()) {
    std::string all;
    for (const auto& n : names) all += (all.empty() ? "" : ", ") + n;
    return fail("cannot use the settings", path, "the fields " + all, "unknown: " + unknown);
  }
  if (!wrong_types.empty()) return fail("cannot use the settings", path, "values of their kinds", wrong_types);
  if (auto ok = check_settings(read); !ok) {
    auto e = ok.error();
    e.path = path;
    return tl::make_unexpected(e);
  }
  settings = read;
  return {};
}

std::string settings_toml(const TrainSettings& settings) {
  toml::table table;
  for_each_setting(settings, [&]<class T>(const char* name, const T& value, const char*) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>)
      table.insert(name, value);
    else if constexpr (std::is_integral_v<T>)
      table.insert(name, std::int64_t(value));
    else
      table.insert(name, double(value));
  });
  std::ostringstream out;
  out << "# Meltpool training settings\n" << table << '\n';
  return out.str();
}

}  // namespace mp::ml
