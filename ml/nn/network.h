// Plain interface of the network tier; no LibTorch type crosses it. The implementation is the module
// meltpool_networks.so beside the program, loaded on first use. One Network belongs to one thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/types.h"
#include "ml/nn/optimiser.h"
#include "ml/nn/plan.h"
#include "ml/nn/safetensors.h"

namespace mp::ml {

struct NetworkSpec {
  std::string name = "gapc";
  int classes = 2;
  int input_px = 100;      // side of the square grey input
  std::uint64_t seed = 1;  // of the initial weights
  int threads = 1;
  std::string device = "cpu";  // or "cuda", "cuda:0"
  // What is not set is as the network's plan has it.
  std::optional<Optimiser> optimiser = {};
  std::optional<float> l2 = {};       // AdamW: decoupled decay; else gradient += l2 x weight
  std::optional<float> average = {};  // decay of the moving average of the weights
  TrainedPart part = TrainedPart::whole;
  bool one_output = false;            // two classes by one sigmoid and binary cross entropy instead of softmax
  bool backbone_features = false;     // features are what the first dense layer sees, not the last
};

/// What a step needs beside its images.
struct StepSettings {
  float learning_rate = 1e-3f;
  std::uint64_t seed = 0;                   // of dropout and augmentation
  std::span<const float> class_weights = {};  // by class; empty: all alike
  bool augment = true;                      // as the plan has it; false: images as they are
  /// Guidance: by image the boxes (pixels of the input) that show what its label says; empty where nobody drew any.
  /// guide x -log(share of the label's map inside them) is added to what the step makes smaller.
  std::span<const std::vector<BoxRect>> boxes = {};
  float guide = 0;
};

/// Square maps, row-major: n x classes x side x side, or n x side x side. Empty on failure.
struct NetworkMaps {
  int side = 0;
  std::vector<float> values;
};

/// Scores and their gradient. Empty on failure.
struct ScoreGradients {
  std::vector<float> scores;     // n: the class's value before softmax less the mean of all classes'
  std::vector<float> gradients;  // n x px x px, of the score by each value of the input
};

class Network {
 public:
  virtual ~Network() = default;
  virtual const NetworkSpec& spec() const = 0;
  virtual std::size_t parameters() const = 0;
  virtual int feature_dim() const = 0;
  /// One optimiser step on a batch: images n x px x px bytes (0..255), labels n. Returns the mean cross entropy of the
  /// batch before the step. A loss or gradient that is not finite, or any failure, returns NaN and leaves the weights
  /// unchanged.
  virtual float train_step(std::span<const std::uint8_t> images, std::span<const ClassId> labels,
                           const StepSettings& settings) = 0;
  /// One step of learning without labels: two views of each image are to be found among those of the others (SimCLR).
  /// Returns the loss before the step; NaN as train_step. At least two images.
  virtual float contrast_step(std::span<const std::uint8_t> images, float learning_rate, std::uint64_t seed) = 0;
  /// Probabilities n x classes in evaluation mode, empty on failure; features (n x feature_dim, before the classifier)
  /// if not null.
  virtual std::vector<float> predict(std::span<const std::uint8_t> images, std::size_t n,
                                     std::vector<float>* features) = 0;
  /// Probabilities of passes with dropout on behind the features (n x feature_dim, from predict): passes x n x classes.
  /// What lies before the features is as in predict (Gal and Ghahramani 2016). Empty where there is no dropout.
  virtual std::vector<float> dropout_passes(std::span<const float> features, std::size_t n, int passes,
                                            std::uint64_t seed);
  /// What the classifier's weights make of the last feature maps (class activation maps, Zhou et al. 2016): behind a
  /// global average the mean of a class's map is its score (as ScoreGradients has it), but for the bias; behind a global
  /// maximum it is not. n x classes x side x side. Only networks with has_class_maps.
  virtual NetworkMaps class_maps(std::span<const std::uint8_t> images, std::size_t n);
  /// The last feature maps weighted by the mean gradient of the class's score, negative values cut (Grad-CAM, Selvaraju
  /// et al. 2017). n x side x side.
  virtual NetworkMaps grad_cam(std::span<const std::uint8_t> images, std::size_t n, ClassId cls);
  /// What input_gradients takes: images n x px x px as the first layer's values are, before the scaling of its
  /// channels. Standardised where the plan says so.
  virtual std::vector<float> input_values(std::span<const std::uint8_t> images, std::size_t n);
  virtual ScoreGradients input_gradients(std::span<const float> values, std::size_t n, ClassId cls);
  /// Weights and buffers as bytes (safetensors) and back; names, shapes and types are checked, what does not match is
  /// named.
  virtual std::vector<std::uint8_t> save() const = 0;
  virtual Result<void> load(std::span<const std::uint8_t> bytes) = 0;
  /// How many of the last train_step's batch the network had right before the step (for a running accuracy).
  virtual int last_correct() const { return 0; }
  /// Why the last train_step returned NaN or the last predict returned nothing; empty if it did not.
  virtual std::string last_error() const { return {}; }
};

// A network without feature maps or gradients of its own (a head on features, a test's) has none to give.
inline std::vector<float> Network::dropout_passes(std::span<const float>, std::size_t, int, std::uint64_t) { return {}; }
inline NetworkMaps Network::class_maps(std::span<const std::uint8_t>, std::size_t) { return {}; }
inline NetworkMaps Network::grad_cam(std::span<const std::uint8_t>, std::size_t, ClassId) { return {}; }
inline std::vector<float> Network::input_values(std::span<const std::uint8_t>, std::size_t) { return {}; }
inline ScoreGradients Network::input_gradients(std::span<const float>, std::size_t, ClassId) { return {}; }

/// Network names that the module knows; empty with an error if it cannot be loaded (says what to install).
Result<std::vector<std::string>> network_names();
Result<std::unique_ptr<Network>> make_network(const NetworkSpec& spec);
/// "LibTorch 1.13.1, ...": for reports.
Result<std::string> network_versions();

/// Parameters and buffers of a TorchScript file. Loading one can run code that is in it: only in the helper process, and
/// only when a person said that the file is trusted.
Result<std::vector<NamedTensor>> read_torch_script(const std::string& path);

/// Tensors of a Keras .h5 file, named and shaped as PyTorch does ("block1_conv1.weight", out x in x height x width). Only
/// in the helper process. Errors: not HDF5, no layer, values that lie in other files.
Result<std::vector<NamedTensor>> read_keras(const std::string& path);

/// What the module exports (C linkage, versioned by name).
struct NetworkModule {
  std::vector<std::string> (*names)();
  Result<std::unique_ptr<Network>> (*make)(const NetworkSpec& spec);
  std::string (*versions)();   // "LibTorch 1.13.1, OpenBLAS ..."
  Result<std::vector<NamedTensor>> (*read_script)(const std::string& path);
  Result<std::vector<NamedTensor>> (*read_keras)(const std::string& path);
};
constexpr const char* kNetworkModuleSymbol = "meltpool_network_module_5";  // const NetworkModule*()

}  // namespace mp::ml
