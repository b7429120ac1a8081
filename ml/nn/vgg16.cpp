// vgg16: the thirteen convolutions of Simonyan and Zisserman 2015 with the classifier of Liu et al. (two dense ReLU
// layers with L2, one output layer). Names and input scale are those of Keras' "notop" weights, so that these fit
// unchanged; what is grey here needs no order of colours.
#include "ml/nn/plan.h"

namespace mp::ml {

NetworkPlan vgg16() {
  using enum LayerKind;
  NetworkPlan plan{"vgg16", "13 convolutions and two dense layers with L2; start from published weights", {}};
  auto convolution = [&](std::string_view name, int filters) {
    plan.layers.push_back({.kind = conv, .out = filters, .kernel = 3, .pad = 1, .name = name});
    plan.layers.push_back({relu});
  };
  auto pool = [&] { plan.layers.push_back({.kind = max_pool, .kernel = 2, .stride = 2}); };
  convolution("block1_conv1", 64), convolution("block1_conv2", 64), pool();
  convolution("block2_conv1", 128), convolution("block2_conv2", 128), pool();
  convolution("block3_conv1", 256), convolution("block3_conv2", 256), convolution("block3_conv3", 256), pool();
  convolution("block4_conv1", 512), convolution("block4_conv2", 512), convolution("block4_conv3", 512), pool();
  convolution("block5_conv1", 512), convolution("block5_conv2", 512), convolution("block5_conv3", 512), pool();
  plan.layers.push_back({global_average});
  for (int i = 0; i < 2; ++i) {
    plan.layers.push_back({.kind = dense, .out = 256, .l2 = 1e-3f});
    plan.layers.push_back({relu});
  }
  plan.layers.push_back({dense});
  plan.input = {.channels = 3, .scale = 255, .mean = {103.939f, 116.779f, 123.68f}};
  plan.last_block = {"block5_"};
  return plan;
}

}  // namespace mp::ml
