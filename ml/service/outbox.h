// What the workers hand to the main loop: the event queue and the snapshots. Written by any worker, drained by the
// main thread.
#pragma once
#include <atomic>
#include <functional>
#include <vector>

#include "engine/base/channel.h"
#include "ml/data/classes.h"
#include "ml/data/feature_table.h"
#include "ml/data/labels.h"
#include "ml/service/messages.h"
#include "ml/service/round_history.h"

namespace mp::ml {

struct HeatAnswer;  // heat_worker.h
struct HeatCheck;
struct BoxMap;      // box_mapper.h

class Outbox {
 public:
  /// wake: called after each post, from the posting thread, with no lock held.
  explicit Outbox(std::function<void()> wake = {}) : wake_(std::move(wake)) {}

  void post(Event event) {
    events_.push(std::move(event));
    posted();
  }
  /// Posts to one of the mailboxes below.
  template <class T>
  void post(Mailbox<T>& box, std::shared_ptr<const T> value) {
    box.post(std::move(value));
    posted();
  }

  Mailbox<Pool> pool;
  Mailbox<FeatureTable> features;
  Mailbox<Predictions> predictions, network_predictions;
  Mailbox<Projection> projection;
  Mailbox<RoundList> rounds;      // of the history, when one was added
  Mailbox<Round> round;           // asked for
  Mailbox<Trail> trail;           // asked for
  Mailbox<HeatAnswer> heat;       // asked for, as far as it is made
  Mailbox<HeatCheck> heat_check;  // asked for, as far as it is made
  Mailbox<BoxMap> box_map;        // asked for, as far as it is made
  Mailbox<LabelStore> labels;     // as stored, once, after loading
  Mailbox<ClassTable> classes;    // as stored, after loading and when an import made some

  std::vector<Event> drain() {
    undrained_ = false;
    return events_.drain();
  }
  /// Something was posted since the last drain(): who waits for "idle" has not seen everything yet.
  bool undrained() const { return undrained_; }
  void wake() const {
    if (wake_) wake_();
  }

 private:
  void posted() {
    undrained_ = true;
    wake();
  }
  EventQueue<Event> events_;
  std::atomic<bool> undrained_{false};
  std::function<void()> wake_;
};

}  // namespace mp::ml
