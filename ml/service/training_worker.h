// The background tier: rounds of training on the labels of the moment, one after the other while labels change.
// Owns its thread (nice +10 once the module is loaded); the network lives on it.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ml/data/classes.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"
#include "ml/service/activity.h"
#include "ml/service/outbox.h"
#include "ml/train/training_run.h"

namespace mp::ml {

/// What the worker trains with: train_network and the project's folder, or the fakes of a test. All but `make_inputs`
/// is called on the training thread.
struct TrainingBackend {
  std::function<Result<TrainResult>(const TrainSettings&, int classes, std::span<const TrainItem> train,
                                    std::span<const TrainItem> validation, InputSource&, const TrainHooks&,
                                    std::shared_ptr<Network> start)>
      train;
  /// What `train` starts from where the settings ask for passes over the pool; null: random weights.
  std::function<Result<std::shared_ptr<Network>>(const TrainSettings&, int classes, std::span<const SampleId> pool,
                                                 InputSource&, const TrainHooks&)>
      pretrain;
  std::function<std::unique_ptr<InputSource>(PoolPtr)> make_inputs;
  /// Once, before the first round: loads the network module; may be null. Its errors come again from `train`.
  std::function<void()> load;
  /// Keeps a round's network; may be null (read-only project).
  std::function<Result<void>(const TrainResult&, const TrainSettings&, int round, std::uint64_t label_revision,
                             const std::vector<std::string>& classes)>
      save;
  /// What passes with dropout disagree about (ml/query/bald.h), by SampleId, before the predictions are posted; empty:
  /// the network has no such passes. May be null.
  std::function<void(std::vector<float>)> on_disagreement;
};

struct TrainingWorkerOptions {
  std::uint64_t seed = 1;
  std::size_t validation_samples = 2000;
  std::size_t predict_chunk = 64;
  std::size_t small_pool = 20'000;     // a stopped round still predicts pools up to this size
};

class TrainingWorker {
 public:
  TrainingWorker(TrainingBackend backend, TrainingWorkerOptions options, Outbox& out, Activity& activity);
  ~TrainingWorker();
  void shut_down();                    // cancels and joins

  // From any thread; return at once.
  void set_pool(PoolPtr pool);
  void set_labels(LabelsPtr labels);   // while training is on, a change asks for the next round
  void set_classes(const ClassTable& classes);
  void train(const TrainSettings& settings);   // a round that ends with an error turns training off again
  void pause(bool paused);
  void stop();                         // ends the round and turns training off

 private:
  struct Round {
    TrainSettings settings;
    PoolPtr pool;
    LabelsPtr labels;
    std::vector<std::string> classes;
    CancelToken cancel;
    int number = 0;
    std::uint64_t asked = 0;           // of the train() that it belongs to
  };
  void run();
  void ask_for_round();                // with the mutex held
  void turn_off_after(const Round& failed);
  void perform(const Round& round);
  Result<std::shared_ptr<Network>> start_of(const Round& round, const TrainSettings& settings, int classes,
                                            const TrainHooks& hooks);
  void predict(const Round& round, Network& network, int labelled, int classes);
  bool predicting_is_over() const { return hurry_.load(); }

  const TrainingBackend backend_;
  const TrainingWorkerOptions options_;
  Outbox& out_;
  Activity& activity_;

  std::mutex mutex_;
  std::condition_variable wake_;
  PoolPtr pool_;
  LabelsPtr labels_;
  std::vector<std::string> classes_;
  TrainSettings settings_;
  bool on_ = false, wanted_ = false, end_ = false;
  std::uint64_t asked_ = 0;            // counts train()
  Activity::Token wanted_token_;
  CancelToken cancel_;
  std::atomic<bool> paused_{false}, hurry_{false};

  // of the thread
  bool loaded_ = false;
  int rounds_ = 0;
  std::int64_t steps_ = 0;             // of all rounds before
  PoolPtr inputs_pool_;
  std::unique_ptr<InputSource> inputs_;
  std::shared_ptr<Network> pretrained_;
  std::string pretrained_by_;          // settings and samples: of rounds alike the first one pretrains
  std::uint64_t pretrained_seed_ = 0;
  std::shared_ptr<Network> network_;   // of the last round that went well
  std::thread thread_;
};

}  // namespace mp::ml
