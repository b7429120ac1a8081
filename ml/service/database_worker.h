// Makes labels, boxes, classes, settings and blobs durable, in the order of the requests, on the database thread.
// What cannot be written now stays pending and is tried again; what the database refuses, and at the end what is still
// pending, goes to a rescue file: nothing is lost silently.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/classes.h"
#include "ml/data/labels.h"
#include "ml/service/activity.h"
#include "ml/service/outbox.h"

namespace mp::ml {

/// Where it is written; each call is durable when it returns. Called from the database thread only.
struct DatabaseSink {
  std::function<Result<void>(const LabelBatch&)> append_labels;
  std::function<Result<void>(const ClassTable&)> save_classes;
  std::function<Result<void>(const BoxBatch&)> save_boxes;
  std::function<Result<void>(const std::string& key, const std::string& value)> save_setting;
  std::function<Result<void>(const std::string& key, std::span<const std::uint8_t> bytes)> save_blob;
  /// Of an error of the first three: a later try cannot succeed either. Null: every failure is tried again.
  std::function<bool(const Error&)> refused;
  std::string dir;              // the rescue file goes there
  bool read_only = false;
  std::string why_read_only;
};

struct DatabaseTimes {
  int retry_ms = 2000;          // between tries after a failure
  int last_tries_ms = 1500;     // at the end, before the rescue file
};

class DatabaseWorker {
 public:
  DatabaseWorker(DatabaseSink sink, Outbox& out, Activity& activity, DatabaseTimes times = {});
  /// Writes what is pending, or rescues it.
  ~DatabaseWorker();

  // From any thread; return at once.
  void append_labels(LabelBatch batch);              // LabelsSaved when durable
  void save_boxes(BoxBatch batch);                   // BoxesSaved when durable; in order with labels and classes
  void save_classes(ClassTable classes);             // in order with the labels that use them
  void save_setting(std::string key, std::string value);                 // latest wins; after labels
  void save_blob(std::string key, std::vector<std::uint8_t> bytes);      // latest wins; after labels
  void know_classes(ClassTable classes);             // as stored: names for a rescue file, nothing is written
  void retry();                                      // now, and says again what is wrong if it still is

  /// Batches not durable yet.
  std::size_t unsaved() const;
  /// Where labels or boxes went that no database took (the last file, if there are several); empty if there were none.
  std::string stop();

 private:
  struct LabelWrite {
    LabelBatch batch;
    double requested_ms;
  };
  struct Write {
    std::variant<LabelWrite, ClassTable, BoxBatch> what;
    Activity::Token token;
  };
  using Value = std::variant<std::string, std::vector<std::uint8_t>>;
  struct LowWrite {
    Value value;
    Activity::Token token;
  };

  void run();
  bool write_front();                                // false: failed, it stays in front
  void drop_front(const Error& error);               // it is refused: the rest goes on
  void write_low();                                  // one of them
  Result<void> perform(const Write& write);
  void failed(const std::string& message);
  std::string rescue();

  DatabaseSink sink_;
  Outbox& out_;
  Activity& activity_;
  const DatabaseTimes times_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Write> writes_;
  std::map<std::string, LowWrite> low_;              // key "s:..." settings, "b:..." blobs
  ClassTable classes_;                               // names for the rescue file
  bool retry_ = false, stop_ = false;
  bool in_flight_ = false;                           // the front is being written
  Activity::Token retry_token_;

  // of the database thread
  bool blocked_ = false;
  std::string last_failure_, last_low_failure_;
  std::string rescued_;
  std::thread thread_;
};

}  // namespace mp::ml
