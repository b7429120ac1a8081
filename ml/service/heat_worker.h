// Heat of the last trained network for the window: sample by sample as it is made, the newest request first; and the
// check of that heat against accepted boxes. Owns its thread (nice +5) and a network of its own, loaded from the project.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ml/data/boxes.h"
#include "ml/data/pool.h"
#include "ml/explain/methods.h"
#include "ml/service/activity.h"
#include "ml/service/detector_heat.h"
#include "ml/service/outbox.h"
#include "ml/service/stored_network.h"
#include "ml/train/training_run.h"

namespace mp::ml {

struct HeatRequest {
  std::vector<SampleId> ids;        // in the order of need; a check chooses its own
  HeatMethod method = HeatMethod::cam;
  Baseline baseline = kDefaultBaseline;
  ClassId cls = kNoClass;           // kNoClass: what the network says; of a check: each class in its own boxes
  std::uint64_t request = 0;
  bool detector = false;            // the heat of the project's detector, by no method
};

struct SampleHeat {
  SampleId id = 0;
  ClassId cls = kNoClass;           // whose heat
  float probability = 0;            // that the network gives it
  HeatMap map;                      // negative values cut; at most kShownSide a side; empty: the image cannot be read
  double error = 0;                 // completeness of Integrated Gradients, NaN of others
  float peak = 0;                   // the highest value of the map
};
constexpr int kShownSide = 32;

/// What has been made of a request. Immutable once posted.
struct HeatAnswer {
  std::uint64_t request = 0;
  std::string network;              // "detector": of the detector
  std::vector<std::shared_ptr<const SampleHeat>> samples;   // all so far
  bool finished = false;
  std::string error;                // kNoNetwork, kNoDetector: none was trained yet; else why there is no heat
  double first_ms = 0;              // from its turn, the network being loaded, to the first sample
};

/// Of one class, or of all: means over its checked samples.
struct HeatFigures {
  ClassId cls = kNoClass;
  std::size_t n = 0;
  double pointing = 0, energy = 0, chance = 0, deviation_pointing = 0, deviation_energy = 0;
};

struct HeatCheck {
  std::uint64_t request = 0;
  std::string network;
  std::vector<HeatFigures> classes; // those with boxes
  HeatFigures all;
  double ig_error = 0;              // median completeness error; NaN without Integrated Gradients
  std::vector<SampleId> background; // energy below chance: the network reads what no box holds
  std::size_t done = 0, total = 0;
  bool held_out = false;            // on held-out samples alone: there are some with boxes
  bool any_box = false;             // boxes of every class count as the class that was asked for: it has none of its own
  std::vector<ClassId> unlearned;   // have boxes, but the network was never shown such a sample: not checked
  bool finished = false;
  std::string error;
};
constexpr std::size_t kMostChecked = 300;

/// What the worker works with, or the fakes of a test; called on its thread.
struct HeatBackend {
  std::function<Result<StoredNetwork>()> load;  // the last trained one
  std::function<Result<StoredDetector>()> load_detector;   // kNoDetector if there is none
  std::function<Result<BoxStore>()> boxes;
  std::function<std::unique_ptr<InputSource>(PoolPtr)> make_inputs;
};

class HeatWorker {
 public:
  HeatWorker(HeatBackend backend, Outbox& out, Activity& activity);
  ~HeatWorker();
  void stop();                      // cancels and joins

  // From any thread; return at once.
  void set_pool(PoolPtr pool);
  void network_changed();           // the next request loads it, or the detector, again
  void request(HeatRequest request);   // answered in Outbox::heat
  void check(HeatRequest how);         // answered in Outbox::heat_check; a request goes before it

 private:
  struct Work {
    HeatRequest how;
    bool check = false;
    Activity::Token token;
    CancelToken cancel;
  };
  void run();
  void ask(HeatRequest how, bool check);
  std::optional<Work> next_request();
  void answer(const Work& work);
  void check_boxes(const Work& work);
  std::string load(const HeatRequest& how);
  std::size_t classes(const HeatRequest& how) const;   // those of the project that are known
  int input_px(const HeatRequest& how) const;
  std::string name(const HeatRequest& how) const;
  Result<SampleHeat> detected(SampleId id, const HeatRequest& how, const CancelToken& cancel, HeatMap* whole);
  Result<SampleHeat> heat_of(SampleId id, const HeatRequest& how, const CancelToken& cancel, HeatMap* whole = nullptr);

  const HeatBackend backend_;
  Outbox& out_;
  Activity& activity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  PoolPtr pool_;
  std::optional<Work> request_, check_;
  CancelToken running_request_, running_check_;
  bool stop_ = false, stale_ = true;

  // of the thread
  PoolPtr shown_pool_;
  std::unique_ptr<InputSource> inputs_;
  std::optional<StoredNetwork> network_;
  std::unique_ptr<DetectorHeat> detector_;
  std::thread thread_;
};

}  // namespace mp::ml
