// The open project behind the window: its Service, and the effects of commands carried out. Main thread.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/base/error.h"
#include "explorer/model/apply.h"
#include "explorer/model/state.h"
#include "ml/service/service.h"

namespace mp::explorer {

class Session {
 public:
  explicit Session(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~Session();

  /// Opens a project (creates the folder if `create`), fills State. Errors leave the open one as it is.
  Result<void> open(State& state, const std::string& dir, bool create);
  void close(State& state);
  /// Events and snapshots of the workers into State. True if anything came.
  bool drain(State& state, Effects& effects);
  /// What apply() asked for.
  void perform(State& state, Effects& effects);
  bool busy(bool training_counts) const { return service_ && service_->busy(training_counts); }
  ml::Service* service() { return service_.get(); }

 private:
  std::function<void()> wake_;
  std::unique_ptr<ml::Service> service_;
};

/// Where an import without a project folder goes: beside nothing of the source, under the user's data folder.
std::string default_project_dir(const std::string& source_root);

}  // namespace mp::explorer
