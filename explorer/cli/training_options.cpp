#include "explorer/cli/training_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace mp::explorer::cli {

void TrainingOptions::add(CLI::App& command, const std::set<std::string>& without) {
  ml::for_each_setting(given_, [&](const char* name, auto& value, const char* help) {
    if (without.contains(name)) return;
    std::string option = "--" + std::string(name);
    if (command.get_option_no_throw(option)) option = "--train-" + std::string(name);
    std::replace(option.begin(), option.end(), '_', '-');
    if (option == "--learning-rate") option += ",--lr";
    if (option == "--input-px") option += ",--input";
    CLI::Option* added = nullptr;
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bool>)
      added = command.add_flag(option + ",!--no-" + option.substr(2), value, help);
    else
      added = command.add_option(option, value, help);
    added_.emplace_back(name, added);
  });
  command.add_option("--settings", toml_, "TOML file with these settings; the command line goes before it");
}

std::vector<std::string> TrainingOptions::given() const {
  std::vector<std::string> names;
  for (const auto& [field, option] : added_)
    if (option->count()) names.push_back(option->get_name());
  if (!toml_.empty()) names.push_back("--settings");
  return names;
}

Result<ml::TrainSettings> TrainingOptions::resolve(ml::TrainSettings base) const {
  if (!toml_.empty())
    if (auto ok = ml::read_settings_toml(toml_, base); !ok) return tl::make_unexpected(ok.error());
  for (const auto& [field, option] : added_) {
    if (option->count() == 0) continue;
    ml::for_each_setting(given_, [&]<class T>(std::string_view name, const T& value, const char*) {
      if (name != field) return;
      ml::for_each_setting(base, [&]<class U>(std::string_view other, U& target, const char*) {
        if constexpr (std::is_same_v<T, U>)
          if (other == name) target = value;
      });
    });
  }
  if (auto ok = ml::check_settings(base); !ok) return tl::make_unexpected(ok.error());
  return base;
}

}  // namespace mp::explorer::cli
