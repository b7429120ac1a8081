// The heat of what is looked at, asked for and taken from the Service; layer maps written by a thread of their own.
// Main thread.
#pragma once
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "explorer/app/layer_map_files.h"
#include "explorer/model/apply.h"
#include "explorer/model/state.h"
#include "ml/service/service.h"

namespace mp::explorer {

class HeatSession {
 public:
  explicit HeatSession(std::function<void()> wake) : wake_(std::move(wake)) {}
  ~HeatSession();

  /// What the workers have made into State. True if anything came.
  bool drain(State& state, ml::Service& service);
  /// After the commands: asks for what is missing, carries the effects out.
  void perform(State& state, const Effects& effects, ml::Service& service);
  bool busy() const { return running_; }

 private:
  void ask(State& state, ml::Service& service);
  void start_maps(State& state);

  std::function<void()> wake_;
  struct How {
    std::string method, baseline;
    ClassId cls = kNoClass;
    friend bool operator==(const How&, const How&) = default;
  };
  How how_;                              // the settings of the last request, and its samples
  std::vector<ml::SampleId> asked_;
  const void* network_ = nullptr;        // what the shown heat is of
  bool training_ = false;                // in the frame before
  std::uint64_t boxes_done_ = 0;
  std::uint64_t request_ = 0, revision_ = 0;

  std::thread maps_;
  CancelToken cancel_;
  std::atomic<bool> running_{false};
  std::atomic<std::size_t> done_{0}, total_{0};
  std::mutex mutex_;
  std::string result_, failure_;         // of the thread; with mutex_
};

}  // namespace mp::explorer
