// What the tests of the workers share: waiting for another thread, events by type, a small pool.
#pragma once
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "ml/data/feature_table.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"
#include "ml/service/activity.h"
#include "ml/service/outbox.h"

namespace mp::ml::test {

/// False when 20 s were not enough: a broken worker fails a test, it does not hang it.
template <class F>
bool eventually(F&& f) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!f()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// An outbox, its activity, and all events drained so far.
struct Desk {
  Outbox out;
  Activity activity;
  std::vector<Event> events;

  void drain() {
    for (auto& e : out.drain()) events.push_back(std::move(e));
  }
  template <class T>
  std::vector<T> all() {
    drain();
    std::vector<T> found;
    for (const auto& e : events)
      if (const auto* t = std::get_if<T>(&e)) found.push_back(*t);
    return found;
  }
  bool idle() {
    return eventually([&] { return !activity.busy(true); });
  }
};

/// n whole images; source class i % classes where classes > 0; every fifth is held out then.
inline std::shared_ptr<Pool> small_pool(std::size_t n, int classes = 0) {
  auto pool = std::make_shared<Pool>();
  pool->roots = {"/nowhere"};
  for (std::size_t i = 0; i < n; ++i) {
    ImageEntry image;
    image.path = "img" + std::to_string(i) + ".png";
    image.width_px = image.height_px = 8;
    pool->images.push_back(image);
    pool->image_of.push_back(std::uint32_t(i));
    pool->region.push_back({0, 0, 8, 8});
    pool->layer_of.push_back(-1);
    pool->split.push_back(classes > 0 && i % 5 == 4 ? Split::held_out : Split::pool);
    pool->source_class.push_back(classes > 0 ? ClassId(i % std::size_t(classes)) : kNoClass);
  }
  return pool;
}

inline FeaturesPtr small_features(std::size_t n, std::size_t d = 2) {
  std::vector<float> values(n * d);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(i % 7) - float(i % 3);
  return make_features("fake/1", n, d, std::move(values));
}

struct Given {
  SampleId id;
  ClassId cls;
};
inline std::shared_ptr<LabelStore> labels_of(std::size_t n, std::uint64_t revision, const std::vector<Given>& given) {
  auto labels = std::make_shared<LabelStore>();
  labels->resize(n);
  labels->revision = revision;
  for (const auto& g : given) labels->cls[g.id] = g.cls;
  return labels;
}

inline ClassTable class_table(int n) {
  ClassTable t;
  for (int i = 0; i < n; ++i) t.push_back({"class " + std::to_string(i), 0, 0});
  return t;
}

}  // namespace mp::ml::test
