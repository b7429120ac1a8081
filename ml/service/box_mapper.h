// The map of boxes: each box a point among those that show something alike. Owns its thread (nice +5); features and the
// map are kept from one request to the next, so that after a change only what changed is read and moves.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ml/data/boxes.h"
#include "ml/data/pool.h"
#include "ml/detect/box_features.h"
#include "ml/project/umap.h"
#include "ml/service/activity.h"
#include "ml/service/outbox.h"

namespace mp::ml {

struct BoxMapRequest {
  std::uint64_t request = 0;
  std::shared_ptr<const BoxStore> boxes;
  bool again = false;                    // a new map, with what is known now
};

/// As far as it is made. Immutable once posted.
struct BoxMap {
  std::uint64_t request = 0;
  std::string what;                      // "reading boxes", "placing boxes"
  double share = 0, eta_s = -1;
  std::vector<float> xy;                 // n x 2 by BoxId, 95 % within radius 1; NaN without a place. Empty: none yet. Of a
                                         // finished one that was cancelled or failed: the map before
  std::vector<std::string> problems;     // images that could not be read
  bool finished = false, cancelled = false;
  std::string error;
};

class BoxMapper {
 public:
  /// threads: how many to use now.
  BoxMapper(std::uint64_t seed, std::function<int()> threads, Outbox& out, Activity& activity);
  ~BoxMapper();
  void stop();                           // cancels and joins

  // From any thread; return at once.
  void set_pool(PoolPtr pool);
  void request(BoxMapRequest request);   // answered in Outbox::box_map; what runs is cancelled
  void cancel();                         // the last finished map stays

 private:
  struct Work {
    BoxMapRequest what;
    Activity::Token token;
    CancelToken cancel;
  };
  void run();
  BoxMap perform(const BoxMapRequest& request, const Pool& pool, const CancelToken& cancel);

  const std::uint64_t seed_;
  const std::function<int()> threads_;
  Outbox& out_;
  Activity& activity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  PoolPtr pool_;
  std::optional<Work> next_;
  CancelToken running_;
  bool stop_ = false;

  // of the thread
  BoxFeatures features_;
  std::optional<NeighbourMap> map_;
  std::thread thread_;
};

}  // namespace mp::ml
