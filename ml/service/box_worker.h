// Trains the project's detector and looks for boxes with it, in the background; one job at a time. Owns its thread.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "ml/detect/box_training.h"
#include "ml/service/activity.h"
#include "ml/service/outbox.h"

namespace mp::ml {

struct BoxJob {
  bool train = false;                    // before boxes are looked for
  bool go_on = true;                     // from the project's detector, where nothing speaks against it (why_not_from)
  bool find = true;
  float minutes = 0;                     // of the training; 0: `epochs` count
  int epochs = 0;
  double min_score = -1;                 // below 0: the detector's own threshold
  std::shared_ptr<const BoxStore> boxes;
  ClassTable classes;
};

/// Boxes that were found, by place in `images`, in the project's classes.
struct BoxProposals {
  std::vector<std::uint32_t> images;     // those whose boxes are not complete
  std::vector<std::vector<Detection>> found;
  std::vector<ClassId> class_of;         // of the detector's classes
  double threshold = 0;
};

/// What the worker calls, on its thread.
struct BoxBackend {
  std::function<Result<std::optional<BoxModel>>()> load;
  std::function<Result<void>(const BoxModel&)> save;
  std::function<Result<TrainedBoxes>(const Pool&, const BoxStore&, const ClassTable&, const BoxTraining&, const BoxJobHooks&)> train = train_box_model;
  std::function<Result<FoundBoxes>(const Pool&, std::span<const std::uint32_t>, const BoxModel&, double min_score, const BoxJobHooks&)> find = {};   // empty: find_boxes
};

class BoxWorker {
 public:
  BoxWorker(BoxBackend backend, Outbox& out, Activity& activity);
  ~BoxWorker();
  void stop();                           // cancels and joins

  // From any thread; return at once.
  void set_pool(PoolPtr pool);
  void start(BoxJob job);                // while one runs: it is cancelled
  void cancel();

 private:
  struct Request {
    BoxJob job;
    Activity::Token token;
  };
  void run();
  BoxJobDone perform(const BoxJob& job, const Pool& pool, const CancelToken& cancel);

  BoxBackend backend_;
  Outbox& out_;
  Activity& activity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  PoolPtr pool_;
  std::optional<Request> next_;
  CancelToken cancel_;
  bool stop_ = false;
  std::thread thread_;
};

DetectorSummary summary_of(const BoxModel& model);

}  // namespace mp::ml
