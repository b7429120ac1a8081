// The open project behind the window: its Service, and the effects of commands carried out. Main thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/error.h"
#include "explorer/model/apply.h"
#include "explorer/model/state.h"
#include "ml/service/service.h"

namespace mp::explorer {

class BoxSession;
class HeatSession;

class Session {
 public:
  explicit Session(std::function<void()> wake);
  ~Session();

  /// Opens a project (creates the folder if `create`), fills State. Errors leave the open one as it is.
  Result<void> open(State& state, const std::string& dir, bool create);
  void close(State& state);
  /// Events and snapshots of the workers into State. True if anything came.
  bool drain(State& state, Effects& effects);
  /// Scripts see the same at the same step however fast the machine is: a second fit on the same labels (with degraded
  /// copies) is held back until release_refit(), which a wait for idle calls. True if there was one.
  void hold_refits(bool on) { hold_refits_ = on; }
  bool release_refit(State& state);
  /// The map follows what the model said last. By itself as it comes; of a script only a wait for idle does it, so that
  /// the same script sees the same map however its label changes were taken together. True if there was something.
  bool follow_model(const State& state);
  /// What apply() asked for.
  void perform(State& state, Effects& effects);
  /// Not empty once a project was closed with labels that no disk took: where they were written instead.
  const std::string& unsaved() const { return unsaved_; }
  bool busy(bool training_counts) const;
  ml::Service* service() { return service_.get(); }

 private:
  std::function<void()> wake_;
  std::unique_ptr<ml::Service> service_;
  std::unique_ptr<HeatSession> heat_;         // of the service's project
  std::unique_ptr<BoxSession> boxes_;
  std::string unsaved_;
  bool hold_refits_ = false, said_ = false;   // said_: the model, what the map has not followed yet
  ml::PredictionsPtr held_;
  std::optional<ml::Rescored> held_event_;
};

/// Where an import without a project folder goes: beside nothing of the source, under the user's data folder.
std::string default_project_dir(const std::string& source_root);

}  // namespace mp::explorer
