// Loads the opened project, then imports on request, on the import thread; the pool grows in what it publishes.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/base/channel.h"
#include "ml/data/split_by.h"
#include "ml/service/activity.h"
#include "ml/service/import_job.h"
#include "ml/service/outbox.h"

namespace mp::ml {

/// load_project_data and run_import on one project, or the fakes of a test. Called on the import thread.
struct ImportBackend {
  std::function<Result<ProjectData>(const ImportHooks&)> load;
  std::function<Result<ImportSummary>(const ImportRequest&, const ImportHooks&)> import;
  std::function<Result<SplitChosen>(const SplitChoice&, const Pool&, const FeatureTable&, const CancelToken&)> hold_out;
};

class ImportWorker {
 public:
  /// A pool with its features (null if there are none yet); complete: nothing of it is still to come.
  using OnData = std::function<void(PoolPtr pool, FeaturesPtr features, bool complete)>;
  using OnThumbs = std::function<void(std::shared_ptr<ThumbCache>)>;

  ImportWorker(ImportBackend backend, int threads, Outbox& out, Activity& activity, OnData on_data,
               OnThumbs on_thumbs);
  ~ImportWorker();
  void stop();                                // cancels and joins

  // From any thread; return at once.
  void import(const ImportRequest& request);
  void hold_out(const SplitChoice& choice);   // SplitChosen answers, then the pool with it; or WorkerFailed
  void cancel();                              // what runs and what waits

 private:
  struct Job {
    ImportRequest request;
    bool load = false;
    std::optional<SplitChoice> hold_out;
    CancelToken cancel;
    Activity::Token token;
  };
  void run();
  void add(Job job);
  void perform(const Job& job);
  void split(const Job& job);
  void load(const ImportHooks& hooks);
  void post_end(ImportProgress last, bool cancelled);   // else failed
  void publish(PoolPtr pool, FeaturesPtr features, bool complete);

  const ImportBackend backend_;
  const int threads_;
  Outbox& out_;
  Activity& activity_;
  const OnData on_data_;
  const OnThumbs on_thumbs_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  CancelToken cancel_;                        // of the job that runs
  bool stop_ = false;
  PoolPtr pool_;                              // of the thread: as last published
  FeaturesPtr features_;
  std::thread thread_;
};

}  // namespace mp::ml
