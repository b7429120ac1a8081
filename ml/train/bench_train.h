// How many images a second a network trains on: random images, no decoding. For `bench train`.
#pragma once
#include <string>

#include "engine/base/error.h"

namespace mp::ml {

struct TrainBench {
  std::string network, device, versions;
  int input_px = 0, batch = 0, threads = 0, steps = 0;
  std::size_t parameters = 0;
  double train_images_per_s = 0;    // median over the steps
  double predict_images_per_s = 0;
};

struct TrainBenchSettings {
  std::string network = "gapc";
  std::string device = "cpu";
  int input_px = 100;
  int batch = 16;
  int threads = 1;
  int steps = 100;                  // timed, after a tenth as many for warming up
};

/// Errors: as make_network; a step that fails.
Result<TrainBench> bench_train(const TrainBenchSettings& settings);

}  // namespace mp::ml
