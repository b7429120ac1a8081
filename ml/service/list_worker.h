// Makes lists of samples (sample_lists.h) for the window, one at a time; the newest request wins. Owns its thread.
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "ml/service/activity.h"
#include "ml/service/outbox.h"

namespace mp::ml {

class ListWorker {
 public:
  ListWorker(Outbox& out, Activity& activity);
  ~ListWorker();
  void stop();  // cancels and joins

  // From any thread; return at once.
  void set_data(PoolPtr pool, FeaturesPtr features);
  void request(std::string name);  // answered by SampleListed

 private:
  struct Request {
    std::string name;
    Activity::Token token;
  };
  void run();

  Outbox& out_;
  Activity& activity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  PoolPtr pool_;
  FeaturesPtr features_;
  std::optional<Request> next_;
  CancelToken cancel_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mp::ml
