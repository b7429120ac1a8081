// Layer tables against the published sizes, and first values.
#include "ml/nn/plan.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

using namespace mp::ml;

TEST_CASE("gapc has the output sizes of Table 1 at 200 px") {
  auto net = place(gapc(), 200, 6);
  REQUIRE(net);
  std::vector<std::vector<int>> expected{{100, 32}, {50, 32}, {25, 32}, {13, 64}, {13, 64}, {6, 64}, {1, 64}, {1, 6}};
  std::vector<std::vector<int>> sizes;
  for (auto& l : net->layers)
    if (l.layer.kind != LayerKind::relu && l.layer.kind != LayerKind::dropout) {
      CHECK(l.height_px == l.width_px);
      sizes.push_back({l.height_px, l.channels});
    }
  CHECK(sizes == expected);
  // Hand count: (9+1)32 + (9*32+1)32 + (9*32+1)64 + (9*64+1)64 + (64+1)6, at any input size.
  CHECK(net->trainable() == 320 + 9248 + 18496 + 36928 + 390);
  CHECK(place(gapc(), 100, 6)->trainable() == net->trainable());
  CHECK(net->feature_dim == 64);
  CHECK(net->layers[std::size_t(net->feature_layer)].layer.kind == LayerKind::global_average);
}

TEST_CASE("the variants share the convolutions") {
  auto max = place(gmpc(), 200, 6);
  REQUIRE(max);
  CHECK(max->trainable() == 65'382);
  auto dense = place(trc(), 200, 6);
  REQUIRE(dense);
  // 6 x 6 x 64 values after the last pool.
  CHECK(dense->trainable() == 64'992 + (6 * 6 * 64 + 1) * 128 + (128 + 1) * 64 + 390);
  CHECK(dense->feature_dim == 64);
  auto normed = place(bn_gapc(), 100, 6);
  REQUIRE(normed);
  CHECK(std::ranges::count_if(normed->parameters, [](auto& p) { return p.buffer; }) == 10);
  CHECK(find_plan("bn-gapc"));
  CHECK_FALSE(find_plan("gapc2"));
}

TEST_CASE("slm has exactly the published number of parameters, the running statistics of batch norm counted") {
  auto net = place(slm(), 128, 3);
  REQUIRE(net);
  std::size_t buffers = 0;
  for (auto& p : net->parameters) buffers += p.buffer ? p.size() : 0;
  CHECK(buffers == 1472);
  CHECK(net->values() == 3'080'643);
  CHECK(net->trainable() == 3'080'643 - 1472);
  CHECK(net->feature_dim == 512);
}

TEST_CASE("vgg16 and resnet18 have the published numbers") {
  // Keras' "notop" VGG16: 14,714,688; the classifier is ours: 512 to 256 to 256 to 2.
  auto vgg = place(vgg16(), 64, 2);
  REQUIRE(vgg);
  CHECK(vgg->trainable() == 14'714'688 + (512 + 1) * 256 + (256 + 1) * 256 + (256 + 1) * 2);
  CHECK(place(vgg16(), 64, 2, true)->parameters.back().shape == std::vector<std::int64_t>{1});
  CHECK(vgg->layers[std::size_t(vgg->backbone_layer)].channels == 512);
  // torchvision's resnet18: 11,689,512 with 1,000 classes.
  auto resnet = place(resnet18(), 224, 1000);
  REQUIRE(resnet);
  CHECK(resnet->trainable() == 11'689'512);
  CHECK(std::ranges::count_if(resnet->parameters, [](auto& p) { return p.buffer; }) == 40);
  CHECK(resnet->parameters[0].name == "conv1.weight");
  CHECK(resnet->parameters.back().name == "fc.bias");
  CHECK(resnet->feature_dim == 512);
  CHECK_FALSE(place(resnet18(), 64, 3, true));
}

TEST_CASE("parts that are trained") {
  auto plan = vgg16();
  auto net = place(plan, 64, 2);
  auto trained = [&](TrainedPart part) {
    return std::ranges::count_if(net->parameters, [&](auto& p) { return is_trained(plan, p, part); });
  };
  CHECK(trained(TrainedPart::whole) == 32);
  CHECK(trained(TrainedPart::last_block) == 6 + 6);
  CHECK(trained(TrainedPart::head) == 6);
  // Every network has a last block that names something.
  for (auto& p : network_plans()) {
    INFO(p.name);
    auto placed = place(p, 128, 2);
    REQUIRE(placed);
    auto count = [&](TrainedPart part) {
      return std::ranges::count_if(placed->parameters, [&](auto& q) { return is_trained(p, q, part); });
    };
    CHECK(count(TrainedPart::last_block) > count(TrainedPart::head));
    CHECK(count(TrainedPart::whole) > count(TrainedPart::last_block));
  }
}

TEST_CASE("impossible networks are refused") {
  CHECK_FALSE(place(gapc(), 100, 1));
  CHECK_FALSE(place(gapc(), 8, 6));
  CHECK_FALSE(place(gapc(), 1 << 20, 6));
  // 16 px leave nothing for gapc's last pool.
  auto small = place(gapc(), 16, 6);
  REQUIRE_FALSE(small);
  CHECK(small.error().message().find("16 pixels") != std::string::npos);
}

TEST_CASE("first values are seeded and have the variance of He et al.") {
  auto net = place(gapc(), 100, 6);
  auto& kernel = net->parameters[6];
  REQUIRE(kernel.name == "conv4.weight");
  auto a = initial_values(kernel, 1), b = initial_values(kernel, 1), c = initial_values(kernel, 2);
  CHECK(a == b);
  CHECK(a != c);
  double sum = 0, squares = 0;
  for (float v : a) sum += v, squares += double(v) * v;
  CHECK(std::abs(sum / double(a.size())) < 0.002);
  CHECK(squares / double(a.size()) == Approx(2.0 / (9 * 64)).epsilon(0.03));
}
