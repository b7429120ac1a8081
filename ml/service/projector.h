// Makes the map: principal components of the standardised features, while an import runs and when it is complete.
// Owns its thread; the latest request wins.
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
#include "ml/data/predictions.h"
#include "ml/service/activity.h"
#include "ml/service/outbox.h"
#include "ml/service/stored_map.h"

namespace mp::ml {

class Projector {
 public:
  using Project2 = std::function<Result<Projection>(const FeatureTable& standardised, const CancelToken& cancel)>;

  /// The map of a complete pool, as bytes to keep (stored_map.h). Called on the projector's thread.
  using OnMap = std::function<void(std::vector<std::uint8_t> bytes)>;

  Projector(Project2 project, Outbox& out, Activity& activity, OnMap on_map = {});
  ~Projector();
  void stop();                                   // cancels and joins

  /// From any thread; returns at once. A map of a growing pool is turned to match the last one, so that the cloud does
  /// not jump. The map of a complete pool is left as the method gives it: it must not depend on how the import went,
  /// and is the same when the project is opened again.
  void request(FeaturesPtr standardised, bool complete);
  /// A kept map serves the first complete pool if it shows the same features.
  void remember(std::span<const std::uint8_t> bytes);

 private:
  struct Request {
    FeaturesPtr standardised;
    bool complete = false;
    Activity::Token token;
  };
  void run();
  void perform(const Request& request, const CancelToken& cancel);

  const Project2 project_;
  const OnMap on_map_;
  Outbox& out_;
  Activity& activity_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Request> next_;
  std::optional<StoredMap> stored_;
  CancelToken cancel_;
  bool stop_ = false;
  ProjectionPtr last_;                           // of the thread
  std::uint64_t revision_ = 0;                   // of the thread
  std::thread thread_;
};

}  // namespace mp::ml
