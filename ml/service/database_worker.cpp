#include "ml/service/database_worker.h"

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "ml/service/rescue_file.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {

DatabaseWorker::DatabaseWorker(DatabaseSink sink, Outbox& out, Activity& activity, DatabaseTimes times)
    : sink_(std::move(sink)), out_(out), activity_(activity), times_(times) {
  thread_ = start_worker("mp-database", 0, [this] { run(); });
}

DatabaseWorker::~DatabaseWorker() { stop(); }

std::string DatabaseWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  return rescued_;
}

void DatabaseWorker::append_labels(LabelBatch batch) {
  {
    std::lock_guard lock(mutex_);
    writes_.push_back({LabelWrite{std::move(batch), now_ms()}, activity_.begin()});
  }
  wake_.notify_all();
}

void DatabaseWorker::save_boxes(BoxBatch batch) {
  {
    std::lock_guard lock(mutex_);
    writes_.push_back({std::move(batch), activity_.begin()});
  }
  wake_.notify_all();
}

void DatabaseWorker::save_classes(ClassTable classes) {
  Write replaced;  // its token ends outside the lock
  {
    std::lock_guard lock(mutex_);
    classes_ = classes;
    if (sink_.read_only) return;  // the labels that need them say so
    // A table that still waits is replaced, unless labels stand between that may need it.
    if (!writes_.empty() && std::holds_alternative<ClassTable>(writes_.back().what) &&
        !(in_flight_ && writes_.size() == 1)) {
      replaced = std::exchange(writes_.back(), {std::move(classes), activity_.begin()});
    } else {
      writes_.push_back({std::move(classes), activity_.begin()});
    }
  }
  wake_.notify_all();
}

void DatabaseWorker::know_classes(ClassTable classes) {
  std::lock_guard lock(mutex_);
  classes_ = std::move(classes);
}

void DatabaseWorker::save_setting(std::string key, std::string value) {
  if (sink_.read_only) return;
  {
    std::lock_guard lock(mutex_);
    low_.insert_or_assign("s:" + key, LowWrite{std::move(value), activity_.begin()});
  }
  wake_.notify_all();
}

void DatabaseWorker::save_blob(std::string key, std::vector<std::uint8_t> bytes) {
  if (sink_.read_only) return;
  {
    std::lock_guard lock(mutex_);
    low_.insert_or_assign("b:" + key, LowWrite{std::move(bytes), activity_.begin()});
  }
  wake_.notify_all();
}

void DatabaseWorker::retry() {
  {
    std::lock_guard lock(mutex_);
    retry_ = true;
    retry_token_ = activity_.begin();
  }
  wake_.notify_all();
}

std::size_t DatabaseWorker::unsaved() const {
  std::lock_guard lock(mutex_);
  std::size_t n = 0;
  for (const auto& w : writes_) n += !std::holds_alternative<ClassTable>(w.what);
  return n;
}

void DatabaseWorker::run() {
  double give_up_ms = -1;  // set when the end begins
  while (true) {
    Activity::Token retry_token;
    bool low_only = false;
    {
      std::unique_lock lock(mutex_);
      if (!stop_ && blocked_) {
        // A new write is a good moment to try again, so is the person's wish; else the clock.
        wake_.wait_for(lock, std::chrono::milliseconds(times_.retry_ms), [&] {
          if (stop_ || retry_) return true;
          return !writes_.empty() && bool(writes_.back().token);
        });
      } else if (!stop_) {
        wake_.wait(lock, [&] { return stop_ || retry_ || !writes_.empty() || !low_.empty(); });
      }
      if (retry_) {
        retry_ = false;
        retry_token = std::move(retry_token_);
        last_failure_.clear();
      }
      if (stop_ && give_up_ms < 0) give_up_ms = now_ms() + times_.last_tries_ms;
      low_only = writes_.empty();
      if (stop_ && low_only && low_.empty()) return;
    }
    if (low_only) {
      guarded(out_, "database", [&] { write_low(); });
      continue;
    }
    bool done = false;
    guarded(out_, "database", [&] { done = write_front(); });
    if (done || give_up_ms < 0) continue;
    // The end has begun and the write failed: a few more tries, then the rescue file.
    std::unique_lock lock(mutex_);
    if (sink_.read_only || now_ms() >= give_up_ms) {
      lock.unlock();
      guarded(out_, "database", [&] {
        if (auto path = rescue(); !path.empty()) rescued_ = std::move(path);
      });
      return;
    }
    wake_.wait_for(lock, std::chrono::milliseconds(100), [] { return false; });
  }
}

Result<void> DatabaseWorker::perform(const Write& write) {
  if (sink_.read_only)
    return fail("it is not saved, the project is open for reading only", sink_.dir, {}, sink_.why_read_only);
  try {
    if (const auto* labels = std::get_if<LabelWrite>(&write.what)) return sink_.append_labels(labels->batch);
    if (const auto* boxes = std::get_if<BoxBatch>(&write.what)) return sink_.save_boxes(*boxes);
    return sink_.save_classes(std::get<ClassTable>(write.what));
  } catch (const std::exception& e) {  // kept like any failure: the write must stay pending
    return fail(std::string("cannot save: ") + e.what(), sink_.dir);
  }
}

bool DatabaseWorker::write_front() {
  // Only this thread takes from the front, and a deque keeps its elements in place while others append.
  const Write* front = nullptr;
  {
    std::lock_guard lock(mutex_);
    front = &writes_.front();
    in_flight_ = true;
  }
  const auto result = perform(*front);
  if (!result && !sink_.read_only && sink_.refused && sink_.refused(result.error())) {
    drop_front(result.error());
    return true;
  }
  if (!result) {
    blocked_ = true;
    failed(sink_.read_only ? "labels are not saved: " + sink_.why_read_only : result.error().message());
    // Reported, now waiting for the clock or the person: nothing is being done any more.
    std::vector<Activity::Token> given_up;
    std::lock_guard lock(mutex_);
    in_flight_ = false;
    for (auto& w : writes_) given_up.push_back(std::move(w.token));
    for (auto& [key, w] : low_) given_up.push_back(std::move(w.token));
    return false;
  }
  if (blocked_) {
    blocked_ = false;
    last_failure_.clear();
    out_.post(SaveRecovered{});
  }
  if (const auto* labels = std::get_if<LabelWrite>(&front->what))
    out_.post(LabelsSaved{labels->batch.revision, now_ms() - labels->requested_ms});
  if (const auto* boxes = std::get_if<BoxBatch>(&front->what)) out_.post(BoxesSaved{boxes->revision});
  Write written;  // its token ends outside the lock, after the event
  std::lock_guard lock(mutex_);
  in_flight_ = false;
  written = std::move(writes_.front());
  writes_.pop_front();
  return true;
}

void DatabaseWorker::drop_front(const Error& error) {
  Write refused;
  ClassTable classes;
  {
    std::lock_guard lock(mutex_);
    in_flight_ = false;
    refused = std::move(writes_.front());
    writes_.pop_front();
    classes = classes_;
  }
  std::string message = error.message();
  if (auto* labels = std::get_if<LabelWrite>(&refused.what)) {
    const auto path = write_rescue_file(sink_.dir, {&labels->batch, 1}, classes);
    if (path) {
      rescued_ = *path;
      message += ". The labels are in " + *path + ": bring them in with meltpool label PROJECT --csv FILE";
    } else {
      log::error("{} label changes could be saved neither in the project nor in a file ({}); here they are:\n{}",
                 labels->batch.changes.size(), path.error().message(), rescue_csv({&labels->batch, 1}, classes));
      message += ". The labels are in the program's log";
    }
  } else if (auto* boxes = std::get_if<BoxBatch>(&refused.what)) {
    if (const auto path = write_box_rescue_file(sink_.dir, {boxes, 1})) {
      rescued_ = *path;
      message += ". The boxes are in " + *path + ": bring them in with meltpool import-boxes FILE --format changes";
    } else {
      log::error("{} changed boxes could not be saved; here they are:\n{}", boxes->changes.size(), box_changes_text({boxes, 1}));
      message += ". The boxes are in the program's log";
    }
  } else {
    message += ". The classes as they were before are kept in the project";
  }
  log::error("{}", message);
  if (blocked_) {  // by something else, which is over
    blocked_ = false;
    last_failure_.clear();
    out_.post(SaveRecovered{});
  }
  out_.post(SaveFailed{std::move(message), false});
}

void DatabaseWorker::failed(const std::string& message) {
  if (message == last_failure_) return;
  last_failure_ = message;
  out_.post(SaveFailed{message, !sink_.read_only});
}

void DatabaseWorker::write_low() {
  std::string key;
  LowWrite write;
  {
    std::lock_guard lock(mutex_);
    if (low_.empty()) return;
    auto first = low_.begin();
    key = first->first;
    write = std::move(first->second);
    low_.erase(first);
  }
  const auto name = key.substr(2);
  const auto result = std::holds_alternative<std::string>(write.value)
                          ? sink_.save_setting(name, std::get<std::string>(write.value))
                          : sink_.save_blob(name, std::get<std::vector<std::uint8_t>>(write.value));
  // Settings and models are made anew all the time: said once, not kept.
  if (result) return last_low_failure_.clear();
  auto message = result.error().message();
  if (message == last_low_failure_) return;
  last_low_failure_ = message;
  out_.post(WorkerFailed{"database", std::move(message)});
}

std::string DatabaseWorker::rescue() {
  std::vector<LabelBatch> batches;
  std::vector<BoxBatch> boxes;
  ClassTable classes;
  {
    std::lock_guard lock(mutex_);
    for (auto& w : writes_)
      if (auto* labels = std::get_if<LabelWrite>(&w.what))
        batches.push_back(std::move(labels->batch));
      else if (auto* batch = std::get_if<BoxBatch>(&w.what))
        boxes.push_back(std::move(*batch));
    classes = classes_;
    writes_.clear();
    low_.clear();
  }
  std::string boxes_path;
  if (!boxes.empty()) {
    if (auto path = write_box_rescue_file(sink_.dir, boxes)) {
      boxes_path = *path;
      log::error("changed boxes could not be saved ({}); they are in {}: bring them in with meltpool import-boxes FILE --format changes", last_failure_, boxes_path);
    } else {
      log::error("changed boxes could be saved neither in the project nor in a file ({}); here they are:\n{}", path.error().message(), box_changes_text(boxes));
    }
  }
  std::size_t changes = 0;
  for (const auto& b : batches) changes += b.changes.size();
  if (changes == 0) return boxes_path;
  const auto path = write_rescue_file(sink_.dir, batches, classes);
  if (path) {
    log::error("{} label changes could not be saved ({}); they are in {}: bring them in with "
               "meltpool label PROJECT --csv FILE",
               changes, last_failure_, *path);
    return boxes_path.empty() ? *path : *path + " and " + boxes_path;
  }
  log::error("{} label changes could be saved neither in the project nor in a file ({}); here they are:\n{}", changes,
             path.error().message(), rescue_csv(batches, classes));
  return boxes_path;
}

}  // namespace mp::ml
