// resnet18: He et al. 2016 with the parameter names, order and input scale of torchvision, so that its weights fit.
#include "ml/nn/plan.h"

namespace mp::ml {
namespace {

/// One residual block: the names of its parameters begin with those of `n`.
struct BlockNames {
  std::string_view conv1, bn1, conv2, bn2, shortcut_conv, shortcut_bn;
};

}  // namespace

NetworkPlan resnet18() {
  using enum LayerKind;
  NetworkPlan plan{"resnet18", "17 convolutions with shortcuts, torchvision's layout; start from published weights", {}};
  auto& l = plan.layers;
  l.push_back({.kind = conv, .out = 64, .kernel = 7, .stride = 2, .pad = 3, .bias = false, .name = "conv1"});
  l.push_back({.kind = batch_norm, .name = "bn1"});
  l.push_back({relu});
  l.push_back({.kind = max_pool, .kernel = 3, .stride = 2, .pad = 1});
  auto block = [&](const BlockNames& n, int filters, int stride) {
    l.push_back({fork});
    l.push_back({.kind = conv, .out = filters, .kernel = 3, .stride = stride, .pad = 1, .bias = false, .name = n.conv1});
    l.push_back({.kind = batch_norm, .name = n.bn1});
    l.push_back({relu});
    l.push_back({.kind = conv, .out = filters, .kernel = 3, .pad = 1, .bias = false, .name = n.conv2});
    l.push_back({.kind = batch_norm, .name = n.bn2});
    if (!n.shortcut_conv.empty()) {
      l.push_back({.kind = conv, .out = filters, .kernel = 1, .stride = stride, .bias = false, .name = n.shortcut_conv,
                   .branch = true});
      l.push_back({.kind = batch_norm, .name = n.shortcut_bn, .branch = true});
    }
    l.push_back({join});
    l.push_back({relu});
  };
#define MP_BLOCK(n) "layer" n ".conv1", "layer" n ".bn1", "layer" n ".conv2", "layer" n ".bn2"
  block({MP_BLOCK("1.0")}, 64, 1), block({MP_BLOCK("1.1")}, 64, 1);
  block({MP_BLOCK("2.0"), "layer2.0.downsample.0", "layer2.0.downsample.1"}, 128, 2), block({MP_BLOCK("2.1")}, 128, 1);
  block({MP_BLOCK("3.0"), "layer3.0.downsample.0", "layer3.0.downsample.1"}, 256, 2), block({MP_BLOCK("3.1")}, 256, 1);
  block({MP_BLOCK("4.0"), "layer4.0.downsample.0", "layer4.0.downsample.1"}, 512, 2), block({MP_BLOCK("4.1")}, 512, 1);
#undef MP_BLOCK
  l.push_back({global_average});
  l.push_back({.kind = dense, .name = "fc"});
  plan.input = {.channels = 3, .mean = {0.485f, 0.456f, 0.406f}, .deviation = {0.229f, 0.224f, 0.225f}};
  plan.last_block = {"layer4."};
  return plan;
}

}  // namespace mp::ml
