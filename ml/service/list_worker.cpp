#include "ml/service/list_worker.h"

#include "ml/service/sample_lists.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {

ListWorker::ListWorker(Outbox& out, Activity& activity) : out_(out), activity_(activity) {
  thread_ = start_worker("mp-lists", 5, [this] { run(); });
}

ListWorker::~ListWorker() { stop(); }

void ListWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ListWorker::set_data(PoolPtr pool, FeaturesPtr features) {
  std::lock_guard lock(mutex_);
  pool_ = std::move(pool);
  features_ = std::move(features);
}

void ListWorker::request(std::string name) {
  Request request{std::move(name), activity_.begin()};
  std::optional<Request> replaced{std::move(request)};
  {
    std::lock_guard lock(mutex_);
    cancel_.cancel();
    std::swap(next_, replaced);
  }
  wake_.notify_all();
}

void ListWorker::run() {
  while (true) {
    std::optional<Request> request;
    PoolPtr pool;
    FeaturesPtr features;
    CancelToken cancel;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || next_; });
      if (stop_) break;
      request = std::move(next_);
      next_.reset();
      pool = pool_;
      features = features_;
      cancel_ = cancel;
    }
    SampleListed answer{request->name, {}, 0, 0, {}};
    const bool fine = guarded(out_, "lists", [&] {
      if (!pool || !features) {
        answer.error = "there are no samples with features yet";
        return;
      }
      auto list = sample_list(request->name, *pool, *features, cancel);
      if (!list) {
        answer.error = list.error().message();
        return;
      }
      answer.ids = std::move(list->ids);
      answer.groups = list->groups.size();
      answer.straddling = list->straddling;
    });
    if (fine && !cancel.cancelled()) out_.post(std::move(answer));
  }
  std::lock_guard lock(mutex_);
  next_.reset();
}

}  // namespace mp::ml
