// Plain interface of the network tier; no LibTorch type crosses it. The implementation is the module
// meltpool_networks.so beside the program, loaded on first use. One Network belongs to one thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/types.h"

namespace mp::ml {

struct NetworkSpec {
  std::string name = "gapc";
  int classes = 2;
  int input_px = 100;      // side of the square grey input
  std::uint64_t seed = 1;  // of the initial weights
  int threads = 1;
  std::string device = "cpu";  // or "cuda:0"
};

/// One pass's settings that a step needs.
struct StepSettings {
  float learning_rate = 1e-3f;
};

class Network {
 public:
  virtual ~Network() = default;
  virtual const NetworkSpec& spec() const = 0;
  virtual std::size_t parameters() const = 0;
  virtual int feature_dim() const = 0;
  /// One optimiser step (Adam) on a batch: images n x px x px bytes (0..255), labels n. Returns the mean cross entropy
  /// of the batch before the step. A loss or gradient that is not finite, or any failure, returns NaN and leaves the
  /// weights unchanged.
  virtual float train_step(std::span<const std::uint8_t> images, std::span<const ClassId> labels, float learning_rate,
                           std::uint64_t step_seed) = 0;
  /// Probabilities n x classes in evaluation mode, empty on failure; features (n x feature_dim, before the classifier)
  /// if not null.
  virtual std::vector<float> predict(std::span<const std::uint8_t> images, std::size_t n,
                                     std::vector<float>* features) = 0;
  /// Weights and buffers as bytes (safetensors) and back; names, shapes and types are checked, what does not match is
  /// named.
  virtual std::vector<std::uint8_t> save() const = 0;
  virtual Result<void> load(std::span<const std::uint8_t> bytes) = 0;
  /// How many of the last train_step's batch the network had right before the step (for a running accuracy).
  virtual int last_correct() const { return 0; }
  /// Why the last train_step returned NaN or the last predict returned nothing; empty if it did not.
  virtual std::string last_error() const { return {}; }
};

/// Network names that the module knows; empty with an error if it cannot be loaded (says what to install).
Result<std::vector<std::string>> network_names();
Result<std::unique_ptr<Network>> make_network(const NetworkSpec& spec);
/// "LibTorch 1.13.1, ...": for reports.
Result<std::string> network_versions();

/// What the module exports (C linkage, versioned by name).
struct NetworkModule {
  std::vector<std::string> (*names)();
  Result<std::unique_ptr<Network>> (*make)(const NetworkSpec& spec);
  std::string (*versions)();   // "LibTorch 1.13.1, OpenBLAS ..."
};
constexpr const char* kNetworkModuleSymbol = "meltpool_network_module_1";  // const NetworkModule*()

}  // namespace mp::ml
