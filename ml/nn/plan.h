// A network as a table of layers: what it is made of, its parameters and their first values, without LibTorch.
// Plain values; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace mp::ml {

enum class LayerKind : std::uint8_t {
  conv,
  batch_norm,
  relu,
  max_pool,
  global_average,
  global_max,
  flatten,
  dense,
  dropout,
  fork,  // the value so far becomes the branch of a residual block as well
  join   // the branch is added
};

struct Layer {
  LayerKind kind = LayerKind::relu;
  int out = 0;        // filters or units; 0 in the last dense layer: as many as classes
  int kernel = 0;     // side of the window
  int stride = 1;
  int pad = 0;        // zeros on each side
  bool bias = true;
  float rate = 0;     // dropout
  std::string_view name = {};  // of its parameters; empty: conv1, conv2, ...; bn1; fc1
  bool branch = false;         // works on the branch (shortcut convolutions)
  float l2 = 0;                // of its weights, added to the loss (a published regulariser)
};

/// How a network wants to be trained; what a person sets (epochs, batch, learning rate) is not here.
enum class Schedule : std::uint8_t { constant, inverse_time, cosine, plateau };

/// How bytes become what a network sees: (scale * byte / 255 - mean) / deviation in each channel.
struct InputScale {
  int channels = 1;  // grey is repeated
  float scale = 1;
  std::array<float, 3> mean{0, 0, 0}, deviation{1, 1, 1};
  bool standardise = false;  // each image to mean 0 and deviation 1 first: lighting does not matter
};

struct NetworkPlan {
  std::string_view name;
  std::string_view title;       // one line for a tooltip, with its source
  std::vector<Layer> layers;
  float weight_decay = 0;       // decoupled (AdamW), on weights of convolutions and dense layers only
  float label_smoothing = 0;
  bool flips_and_turns = false; // one of the eight symmetries of the square per image and step
  float lighting = 0;           // contrast 1 +- this and brightness +- half of it (of the range), per image, step
  Schedule schedule = Schedule::constant;
  float rate_scale = 1;         // of the learning rate that a person sets: batch norm stands a larger one
  InputScale input = {};
  std::vector<std::string_view> last_block = {};  // beginnings of the parameter names that "last-block" trains
  float average = 0;            // decay of a moving average of the weights that predicts in their place; 0: none
};

/// One file each: the steel plate networks of Yang et al. 2023 (Tables 1 and 2), our own default, the powder bed patch
/// network, and two that are usually started from published weights.
NetworkPlan gapc();
NetworkPlan gmpc();
NetworkPlan trc();
NetworkPlan bn_gapc();
NetworkPlan slm();
NetworkPlan vgg16();
NetworkPlan resnet18();

/// All networks, in the order in which they are offered.
std::span<const NetworkPlan> network_plans();
const NetworkPlan* find_plan(std::string_view name);  // null if unknown
/// "gapc, gmpc, ..." for messages.
std::string plan_names();
/// The classifier is one dense layer on a global pooling: its weights make maps of the classes (CAM).
bool has_class_maps(const NetworkPlan& plan);

/// A named tensor of a network. Buffers (running statistics) are saved and loaded, but no gradient reaches them.
struct Parameter {
  std::string name;                 // "conv1.weight"
  std::vector<std::int64_t> shape;  // convolution: out x in x kernel x kernel; dense: out x in
  bool buffer = false;
  bool decays = false;
  bool head = false;     // of a dense layer: stays trainable when the backbone is frozen
  float first = 0;       // value at the start of those with one dimension
  float l2 = 0;
  std::size_t size() const;
};

/// A layer with its sizes: channels x height x width going out (height = width = 1 after pooling or flattening), and
/// the index of its first parameter (weight, then bias; batch norm: weight, bias, running_mean, running_var).
struct PlacedLayer {
  Layer layer;
  int in_channels = 0, channels = 0, height_px = 0, width_px = 0;
  int parameter = -1;
};

struct PlacedNetwork {
  std::vector<PlacedLayer> layers;
  std::vector<Parameter> parameters;
  int feature_layer = -1;  // index of the layer whose output is the feature vector (before dropout and classifier)
  int feature_dim = 0;
  int backbone_layer = -1;  // of the one that the first dense layer sees
  std::size_t trainable() const;  // values of parameters, without buffers
  std::size_t values() const;     // with buffers
};

/// Which parameters a training moves.
enum class TrainedPart : std::uint8_t { whole, last_block, head };
bool is_trained(const NetworkPlan& plan, const Parameter& parameter, TrainedPart part);

constexpr int kMinInputPx = 16, kMaxInputPx = 1024;

/// Works the plan out for a square input. one_output: a single output for two classes (sigmoid). Errors: fewer than 2
/// classes, one output for more than 2, side outside the limits, a layer that would have nothing left.
Result<PlacedNetwork> place(const NetworkPlan& plan, int input_px, int classes, bool one_output = false);

/// First values of one parameter, the same on every machine: He uniform before a ReLU (He et al. 2015), Glorot uniform
/// for dense layers (Glorot and Bengio 2010), biases 0, batch norm 1, 0 and statistics 0, 1.
std::vector<float> initial_values(const Parameter& parameter, std::uint64_t seed);

}  // namespace mp::ml
