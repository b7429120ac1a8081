// The options of everything that trains: one for each setting, and a TOML file beneath them. Command line only.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "ml/train/train_settings.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mp::explorer::cli {

class TrainingOptions {
 public:
  /// --network, --epochs, --learning-rate, ... and --settings F.toml; the address must stay as it is.
  /// But for the fields in `without`; a name that the command has already becomes --train-NAME.
  void add(CLI::App& command, const std::set<std::string>& without = {});
  /// `base`, then the TOML file, then what was given on the command line. Errors: as read_settings_toml and
  /// check_settings.
  Result<ml::TrainSettings> resolve(ml::TrainSettings base) const;

  /// Names of the options that were given.
  std::vector<std::string> given() const;

 private:
  ml::TrainSettings given_;
  std::string toml_;
  std::vector<std::pair<std::string, CLI::Option*>> added_;  // by field
};

}  // namespace mp::explorer::cli
