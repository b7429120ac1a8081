// The map of boxes, asked for where it is shown and out of date; files of boxes read and written by a thread of their
// own. Main thread.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/base/channel.h"
#include "explorer/model/apply.h"
#include "explorer/model/state.h"
#include "ml/data/boxes_io.h"
#include "ml/service/service.h"

namespace mp::explorer {

class BoxSession {
 public:
  explicit BoxSession(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~BoxSession();

  /// What the workers have made into State. True if anything came.
  bool drain(State& state, ml::Service& service, Effects& effects);
  /// After the commands: asks for what is missing, carries the effects out.
  void perform(State& state, const Effects& effects, ml::Service& service);
  bool busy() const { return files_.joinable(); }   // until its outcome has been taken

 private:
  struct Outcome {
    std::optional<ml::BoxImport> read;   // with the table that its classes count in
    ml::ClassTable classes;
    std::string done, failure;
  };
  void ask(State& state, ml::Service& service);
  template <class Work>
  void start(State& state, std::string what, Work work);
  void import(State& state, const cmd::ImportBoxes& what);
  void write(State& state, const cmd::ExportBoxes& what);

  std::function<void()> wake_;
  std::thread files_;
  CancelToken cancel_;                   // of pictures of boxes, when the project is closed
  std::atomic<bool> running_{false};
  std::mutex mutex_;
  Outcome outcome_;                      // of the thread; with mutex_
};

}  // namespace mp::explorer
