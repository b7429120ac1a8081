// What `bench explain` counts and prints for every kind of heat. Command line only.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "explorer/cli/box_folder.h"
#include "ml/explain/heat.h"
#include "ml/train/train_settings.h"

namespace mp::explorer::cli {

struct ExplainOptions {
  std::string data, boxes, test_boxes, weights, save, methods = "cam,grad-cam,ig,occlusion";
  int input_px = 0, threads = 1, slow_images = 60;
  double guided = 0;
  float guide = 1;
  ml::TrainSettings train;
  std::uint64_t seed = 1;
  bool json = false;
};


/// Pointing, energy and chance by class.
struct HeatTally {
  struct Sum {
    double pointed = 0, energy = 0, chance = 0;
    std::size_t n = 0;
  };
  std::vector<Sum> by_class;
  explicit HeatTally(std::size_t classes) : by_class(classes) {}
  void add(std::size_t cls, const ml::HeatScore& s);
  /// explain.pointing_class by class, then explain.pointing and explain.energy, each with `map` and its chance.
  void print(bool json, const BoxFolder& data, const std::string& map) const;
};

/// Times of single images: by the clock, and of this thread's processor, which other programs do not lengthen.
struct Times {
  std::vector<double> wall_ms, cpu_ms;
  template <class F>
  auto of(F&& f) {
    const Stopwatch watch;
    const double cpu = thread_cpu_ms();
    auto result = f();
    wall_ms.push_back(watch.ms());
    cpu_ms.push_back(thread_cpu_ms() - cpu);
    return result;
  }
  static double thread_cpu_ms();
};

/// explain.ms: the median, with cpu_ms. Sorts.
void print_explain_ms(const ExplainOptions& o, const std::string& map, Times& times);

/// A network of the same split: trained here, or with the weights that are given.
int bench_explain_network(const ExplainOptions& o);

}  // namespace mp::explorer::cli
