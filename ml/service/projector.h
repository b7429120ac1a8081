// Makes the map and lets it follow the model: principal components while an import runs, then the method of the
// settings, watched as it unfolds, then short updates from the places of the moment. Keeps the history of its rounds.
// Owns its thread; requests from any thread, the latest of each kind wins.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/feature_table.h"
#include "ml/data/labels.h"
#include "ml/data/predictions.h"
#include "ml/service/activity.h"
#include "ml/service/followed_map.h"
#include "ml/service/outbox.h"
#include "ml/service/round_history.h"

namespace mp::ml {

class Projector {
 public:
  /// The map of a complete pool, as bytes to keep (stored_map.h). Called on the projector's thread.
  using OnMap = std::function<void(std::vector<std::uint8_t> bytes)>;

  /// history_file: empty for none.
  Projector(MapBackend backend, MapSettings settings, Outbox& out, Activity& activity, OnMap on_map = {},
            std::string history_file = {}, bool read_only = false);
  ~Projector();
  void stop();                                   // cancels, keeps the last map, joins

  // From any thread; return at once.
  /// A map of a growing pool is turned to match the last one, so that the cloud does not jump. The map of a complete
  /// pool begins with its principal components and unfolds from there.
  void request(FeaturesPtr standardised, bool complete);
  /// The model has said something new. What the settings freeze stays; the round is kept either way.
  void follow(PredictionsPtr predictions, RoundInfo round);
  /// Another method or another wish for labels makes the map anew; `again` does so in any case. A map that no longer
  /// follows stays where it is.
  void set(MapSettings settings, bool again);
  /// Ends what is being made; the last finished map is shown again, and `kept` says what it was made by.
  void cancel();
  /// The labels, for a map that is to pull classes together. A map that settles gives way: the model is fitted first.
  void set_labels(LabelsPtr labels);
  /// A kept map serves the first complete pool if it shows the same features by the same method.
  void remember(std::span<const std::uint8_t> bytes);
  void load_round(std::size_t index);            // answer: Outbox::round
  void load_trail(SampleId id);                  // answer: Outbox::trail

 private:
  enum class Doing { other, making, following, settling };
  struct Data {
    FeaturesPtr standardised;
    bool complete = false;
    Activity::Token token;
  };
  struct Wish {
    MapSettings settings;
    bool again = false;
    Activity::Token token;
  };
  struct Said {
    PredictionsPtr predictions;
    RoundInfo round;
    Activity::Token token;
  };
  struct Asked {
    std::optional<std::size_t> round;
    std::optional<SampleId> trail;
    Activity::Token token;
  };
  void run();
  void perform(Data data, const CancelToken& cancel);
  void perform(Wish wish, const CancelToken& cancel);
  void perform(Said said, const CancelToken& cancel);
  void perform(Asked asked);
  void begin(Doing what);
  LabelsPtr labels();
  void make(const CancelToken& cancel);
  void keep_what_is_shown();
  void follow_model(const CancelToken& cancel);
  void settle(const CancelToken& cancel);
  UmapProgress report(std::string what);
  void ended(const std::string& what, const Error* error, const CancelToken& cancel);
  void publish(Projection p, bool finished);
  void keep_map();

  const OnMap on_map_;
  Outbox& out_;
  Activity& activity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Data> data_;
  std::optional<Wish> wish_;
  std::optional<Said> said_;
  std::optional<Asked> asked_;
  std::optional<StoredMap> stored_;
  CancelToken cancel_;
  bool stop_ = false;
  Doing doing_ = Doing::other;                   // what may be cancelled
  MapSettings wanted_;                           // the settings of the moment, as far as the thread has read them
  bool by_person_ = false;                       // the cancel
  bool give_way_ = false;                        // settling waits for the fit that follows a label
  LabelsPtr labels_;

  // of the thread
  FollowedMap map_;
  Activity::Token settle_token_;                 // of a map that is to settle: work until it has
  MapSettings settings_;
  std::optional<RoundHistory> history_;
  const std::string history_file_;
  const bool read_only_;
  ProjectionPtr last_, finished_;
  bool complete_ = false, unkept_ = false;
  std::uint64_t revision_ = 0;
  std::thread thread_;
};

}  // namespace mp::ml
