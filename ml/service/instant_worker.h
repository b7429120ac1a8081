// The instant tier: holds the head for the latest features, refits after every label change, rescores the pool, answers
// queries, and in idle time joins degraded copies and stores the model. Owns its thread; requests from any thread.
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "engine/base/channel.h"
#include "ml/data/classes.h"
#include "ml/service/activity.h"
#include "ml/service/instant_backend.h"
#include "ml/service/outbox.h"

namespace mp::ml {

struct InstantWorkerOptions {
  std::uint64_t seed = 1;
  int idle_ms = 200;                  // without requests, before degraded copies are made
  int store_after_ms = 1000;          // without requests, before the model is stored
  std::size_t degraded_samples = 200;
  std::size_t large_pool = 20'000;    // above: fewer copies while labels and copies together fit the exact head, which
  std::size_t exact_rows = 512;       // answers the next label change sooner than one that comes back from landmarks
  std::size_t landmarks_from = 384;   // labels from which landmarks are prepared in idle time
  double growing_share = .25;         // while an import runs: rebuild when the pool grew by this share
  int growing_ms = 2000;              // ... or after this time
};

class InstantWorker {
 public:
  /// New standardised features (of a complete pool or of one that still grows), for the projector.
  using OnStandardised = std::function<void(FeaturesPtr standardised, bool complete)>;
  /// The encoded model (stored_model.h), to be written with low priority.
  using OnModel = std::function<void(std::vector<std::uint8_t> bytes)>;

  InstantWorker(InstantBackend backend, InstantWorkerOptions options, Outbox& out, Activity& activity,
                OnStandardised on_standardised, OnModel on_model);
  ~InstantWorker();
  void stop();                        // cancels what runs; stores the last model; joins

  // From any thread; return at once. Requests are carried out in the order they came: a query is answered with the
  // labels that were set before it. Label changes with no query between them are taken together.
  void set_data(PoolPtr pool, FeaturesPtr features, bool complete);
  void set_labels(LabelsPtr labels);  // older revisions than the known one are ignored
  void set_classes(const ClassTable& classes);
  void query(std::string strategy, int k, std::uint64_t request);
  void similar(SampleId to, int k, std::uint64_t request);
  /// Of the network that serves, for BALD (TrainingBackend::on_disagreement).
  void set_disagreement(std::vector<float> by_sample);

  /// The predictions mailbox has had predictions of at least this label revision.
  bool rescored(std::uint64_t label_revision) const { return rescored_.load() > std::int64_t(label_revision); }

 private:
  struct Data {
    PoolPtr pool;
    FeaturesPtr features;
    bool complete = false;
  };
  struct Classes {
    std::vector<std::string> names;
  };
  struct Query {
    std::string strategy;
    int k = 0;
    std::uint64_t request = 0;
  };
  struct Similar {
    SampleId to = 0;
    int k = 0;
    std::uint64_t request = 0;
  };
  struct Message {
    std::variant<Data, LabelsPtr, Classes, Query, Similar> what;
    Activity::Token token;
  };
  enum class Running { nothing, fit, fit_for_query, background };

  void push(Message message);
  void run();
  void take_message(Message& message);
  void handle(std::vector<Message>& batch);
  void build(const Data& data);
  bool refit(const DegradedRows* degraded);
  void publish(PredictionsPtr predictions, bool degraded);
  Evaluation evaluate(const Predictions& predictions);
  std::vector<SampleId> suspects(const Predictions& predictions) const;
  void answer(const Query& query);
  void answer(const Similar& question);
  void post_answer(QueryAnswered answer);
  void background();                  // one step of idle work
  void join_degraded();
  std::size_t degraded_limit() const;
  void store();
  double due_ms() const;              // when background() has something to do; infinite if never
  bool interrupted() const { return interrupt_.load(); }

  const InstantBackend backend_;
  const InstantWorkerOptions options_;
  Outbox& out_;
  Activity& activity_;
  const OnStandardised on_standardised_;
  const OnModel on_model_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Message> inbox_;
  bool stop_ = false;
  Running running_ = Running::nothing;
  int cancelled_in_row_ = 0;
  CancelToken cancel_;                // of what runs
  std::atomic<bool> interrupt_{false};  // something waits in the inbox, or the end has come
  std::vector<float> disagreement_;
  std::atomic<std::int64_t> rescored_{0};  // revision + 1; 0: never

  // of the worker's thread
  Data data_;                         // what the head is built on
  std::optional<Data> waiting_;       // newer, but not grown enough yet
  double built_ms_ = 0;
  std::size_t built_rows_ = 0;
  std::unique_ptr<InstantHead> head_;
  LabelsPtr labels_;
  std::vector<std::string> class_names_;
  bool stale_ = false;                // labels, classes or features changed since the last fit
  std::vector<Labelled> fit_;         // of the last fit
  int fit_classes_ = 0;
  bool answered_ = false;             // the query of this batch
  PredictionsPtr clean_;              // of the last clean fit: what queries use, degraded copies joined or not
  bool want_degraded_ = false, want_landmarks_ = false, want_store_ = false;
  double idle_since_ms_ = 0;
  Activity::Token background_token_;
  std::map<SampleId, std::vector<float>> degraded_rows_;
  std::thread thread_;
};

}  // namespace mp::ml
