// The workers behind the window: importer, instant worker, training thread, projector, database thread. The main thread
// posts requests (never blocks) and drains events and snapshots once a frame.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ml/data/caches.h"
#include "ml/data/classes.h"
#include "ml/data/project.h"
#include "ml/service/messages.h"

namespace mp::ml {

struct ServiceOptions {
  std::uint64_t seed = 1;
  int threads = 2;
  bool degraded_copies = true;
  std::function<void()> wake;            // called from workers when something arrived
};

class Service {
 public:
  /// Takes the project over. Loading the pool, features, head and map happens on workers and arrives as snapshots.
  Service(std::unique_ptr<Project> project, ServiceOptions options);
  ~Service();                            // cancels, waits for pending labels to be written, joins

  // Requests: return at once.
  void import(const ImportRequest& request);
  void cancel_import();
  void labels_changed(LabelsPtr labels, LabelBatch batch);      // to disk and to the instant worker
  void classes_changed(const ClassTable& classes);
  void save_setting(std::string key, std::string value);
  void retry_save();
  void query(std::string strategy, int k, std::uint64_t request);
  void train(const TrainSettings& settings);                    // starts, or restarts with new labels at the next round
  void pause_training(bool paused);
  void stop_training();

  // Results: drained by the main thread.
  std::vector<Event> drain();
  PoolPtr take_pool();                                          // null if nothing new
  FeaturesPtr take_features();
  PredictionsPtr take_predictions();                            // of the instant tier
  PredictionsPtr take_network_predictions();                    // of the last finished round
  ProjectionPtr take_projection();
  std::shared_ptr<ThumbCache> thumbs();

  /// True while any worker has something to do (waits of a script use it). training_counts: also a running training.
  bool busy(bool training_counts) const;
  const std::string& project_dir() const;
  bool read_only() const;
  std::string why_read_only() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::ml
