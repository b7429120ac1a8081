// See train_settings.h.
#include "ml/train/train_settings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace mp::ml {
namespace {

constexpr std::array<std::string_view, 4> kSchedules{"constant", "inverse-time", "cosine", "plateau"};
constexpr std::array<std::string_view, 3> kParts{"whole", "last-block", "head"};
constexpr std::string_view kOwn = "own";

template <std::size_t N>
std::optional<std::size_t> find_in(const std::array<std::string_view, N>& names, std::string_view name) {
  auto it = std::ranges::find(names, name);
  return it == names.end() ? std::nullopt : std::optional(std::size_t(it - names.begin()));
}

}  // namespace

const std::vector<std::string>& network_choices() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> n;
    for (auto& p : network_plans()) n.emplace_back(p.name);
    for (auto& p : network_plans())
      for (const char* head : {"+svm", "+ridge"}) n.push_back(std::string(p.name) + head);
    return n;
  }();
  return names;
}

Result<void> check_settings(const TrainSettings& s) {
  const std::string what = "cannot train";
  if (std::ranges::find(network_choices(), s.network) == network_choices().end())
    return fail("unknown network", {}, "one of " + plan_names() + ", or one of them with +svm or +ridge",
                "\"" + s.network + "\"", "choose a known one");
  if (s.epochs < 1 || s.batch < 1)
    return fail(what, {}, "at least one epoch and one image a batch",
                std::to_string(s.epochs) + " epochs, batch " + std::to_string(s.batch));
  if (!std::isfinite(s.learning_rate) || s.learning_rate <= 0)
    return fail(what, {}, "a learning rate above 0", std::to_string(s.learning_rate));
  if (s.optimiser != kOwn && !optimiser_of(s.optimiser))
    return fail(what, {}, "the optimiser own, adam, adamw, sgd or rmsprop", "\"" + s.optimiser + "\"");
  if (s.schedule != kOwn && !find_in(kSchedules, s.schedule))
    return fail(what, {}, "the schedule own, constant, inverse-time, cosine or plateau", "\"" + s.schedule + "\"");
  if (!find_in(kParts, s.part)) return fail(what, {}, "the part whole, last-block or head", "\"" + s.part + "\"");
  if (s.output != "softmax" && s.output != "sigmoid")
    return fail(what, {}, "the output softmax or sigmoid", "\"" + s.output + "\"");
  if (!(s.l2 <= 100)) return fail(what, {}, "l2 up to 100 (negative: the network's own)", std::to_string(s.l2));
  if (!(s.average < 1)) return fail(what, {}, "an average below 1 (negative: the network's own)", std::to_string(s.average));
  if (s.input_px != 0 && (s.input_px < kMinInputPx || s.input_px > kMaxInputPx))
    return fail(what, {}, std::to_string(kMinInputPx) + " to " + std::to_string(kMaxInputPx) + " pixels of input side", std::to_string(s.input_px));
  if (s.threads < 1 || s.threads > 256) return fail(what, {}, "1 to 256 threads", std::to_string(s.threads));
  if (!(s.guide >= 0 && s.guide <= 100))
    return fail(what, {}, "a guide from 0 to 100", std::to_string(s.guide));
  if (s.guide > 0 && !has_class_maps(*find_plan(s.network.substr(0, s.network.find('+')))))
    return fail("cannot guide the network " + s.network, {},
                "a global pooling before its classifier, as gapc, gmpc, bn-gapc and resnet18 have it", "dense layers",
                "choose one of them, or set guide to 0");
  if (s.pretrain < 0 || s.pretrain > 10'000)
    return fail(what, {}, "0 to 10,000 passes over the pool before", std::to_string(s.pretrain));
  if (!(s.stop_accuracy >= 0 && s.stop_accuracy <= 1))
    return fail(what, {}, "a share from 0 to 1 as the accuracy to stop at", std::to_string(s.stop_accuracy));
  return {};
}

Result<NetworkSpec> network_spec(const TrainSettings& s, int classes) {
  if (auto ok = check_settings(s); !ok) return tl::make_unexpected(ok.error());
  const auto plus = s.network.find('+');
  NetworkSpec spec{s.network.substr(0, plus), classes, s.input_px, s.seed, s.threads, s.device};
  if (s.optimiser != kOwn) spec.optimiser = optimiser_of(s.optimiser);
  if (s.l2 >= 0) spec.l2 = s.l2;
  if (s.average >= 0) spec.average = s.average;
  spec.part = TrainedPart(*find_in(kParts, s.part));
  spec.one_output = s.output == "sigmoid";
  spec.backbone_features = plus != std::string::npos;  // a head is fitted to them
  return spec;
}

Schedule schedule_of(const TrainSettings& s, const NetworkPlan& plan) {
  if (s.schedule == kOwn) return plan.schedule;
  return Schedule(find_in(kSchedules, s.schedule).value_or(0));
}

}  // namespace mp::ml
