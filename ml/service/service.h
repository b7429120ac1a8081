// The workers behind the window: importer, instant worker, training thread, projector, database thread. The main thread
// posts requests (never blocks) and drains events and snapshots once a frame.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ml/data/boxes.h"
#include "ml/data/caches.h"
#include "ml/data/classes.h"
#include "ml/data/project.h"
#include "ml/data/split_by.h"
#include "ml/service/map_settings.h"
#include "ml/service/messages.h"
#include "ml/service/round_history.h"

namespace mp::ml {

struct BoxJob;                           // box_worker.h
struct BoxMapRequest;                    // box_mapper.h
struct BoxMap;
struct HeatRequest;  // heat_worker.h
struct HeatAnswer;
struct HeatCheck;

struct ServiceOptions {
  std::uint64_t seed = 1;
  int threads = 2;
  bool degraded_copies = true;
  MapSettings map;
  std::function<void()> wake;            // called from workers when something arrived, and when all work is done
};

/// main() sets OMP_WAIT_POLICY=passive before the first network is loaded: waiting OpenMP threads must not spin against
/// the window and the instant worker.
class Service {
 public:
  /// Takes the project over. Loading the pool, labels, features, head and map happens on workers and arrives as
  /// snapshots.
  Service(std::unique_ptr<Project> project, ServiceOptions options);
  ~Service();                            // close()
  /// Cancels, waits for pending labels to be written, joins. Returns the file that labels went to which could not be
  /// written; empty: all are in the project. Again: the same. No request may follow.
  std::string close();

  // Requests: return at once.
  void import(const ImportRequest& request);
  void cancel_import();
  void labels_changed(LabelsPtr labels, LabelBatch batch);      // to disk and to the instant worker
  void boxes_changed(BoxBatch batch);                           // BoxesSaved answers
  void start_boxes(BoxJob job);                                 // BoxJobNews, then one BoxJobDone
  void cancel_boxes();
  void map_boxes(BoxMapRequest request);                        // take_box_map answers, as far as it is made
  void cancel_box_map();
  void classes_changed(const ClassTable& classes);
  void save_setting(std::string key, std::string value);
  void retry_save();
  void query(std::string strategy, int k, std::uint64_t request);
  void hold_out(const SplitChoice& choice);                     // SplitChosen answers; the pool with it follows
  void list(std::string name);                                  // SampleListed answers
  void similar(SampleId to, int k, std::uint64_t request);
  void train(const TrainSettings& settings);                    // starts, or restarts with new labels at the next round
  void pause_training(bool paused);
  void stop_training();
  /// The predictions that the window shows; the map follows them unless it is frozen, and the round is kept.
  void follow_model(PredictionsPtr predictions, RoundInfo round);
  void set_map(MapSettings settings, bool again);
  void cancel_map();                                            // the last finished map stays
  void load_round(std::size_t index);                           // answer: take_round
  void load_trail(SampleId id);                                 // answer: take_trail

  /// Where the last trained network looks: take_heat answers, sample by sample; the newest request wins.
  void heat(HeatRequest request);
  /// The heat of up to some hundred samples with accepted boxes against these: take_heat_check answers.
  void check_heat(HeatRequest how);

  // Results: drained by the main thread. Ask busy() before drain(), or in the next frame: it is true until what was
  // posted has been drained.
  std::vector<Event> drain();
  PoolPtr take_pool();                                          // null if nothing new; empty pool: nothing imported yet
  FeaturesPtr take_features();
  PredictionsPtr take_predictions();                            // of the instant tier
  PredictionsPtr take_network_predictions();                    // of the last finished round
  ProjectionPtr take_projection();
  std::shared_ptr<const RoundList> take_rounds();
  std::shared_ptr<const Round> take_round();
  std::shared_ptr<const Trail> take_trail();
  std::shared_ptr<const HeatAnswer> take_heat();
  std::shared_ptr<const HeatCheck> take_heat_check();
  std::shared_ptr<const BoxMap> take_box_map();
  LabelsPtr take_labels();                                      // as stored: once, after opening, before the pool
  /// As stored: after opening, and when an import made classes from folder names (the new ones are at the end; a caller
  /// with classes of its own appends those and says so with classes_changed).
  std::shared_ptr<const ClassTable> take_classes();
  Result<ClassTable> load_classes() const;                      // the newest known; never waits for the disk
  std::shared_ptr<ThumbCache> thumbs();                         // null before the first picture

  /// True while any worker has something to do (waits of a script use it): imports, refits with their degraded copies,
  /// queries, maps, labels not yet written, and results not yet drained. Labels that cannot be written (SaveFailed) do
  /// not count while they wait for the next try. training_counts: also a running or asked for round, its predictions,
  /// and a paused one.
  bool busy(bool training_counts) const;
  /// Predictions of at least this label revision have been posted.
  bool rescored(std::uint64_t label_revision) const;
  /// Label batches that are not on the disk yet.
  std::size_t unsaved_labels() const;

  const std::string& project_dir() const;
  bool read_only() const;
  std::string why_read_only() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::ml
