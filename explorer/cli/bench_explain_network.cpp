// bench explain --network: a network trained on the folders' classes, with or without boxes that guide it, and every
// way of asking it where it looked.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_explain.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/output_file.h"
#include "explorer/cli/project_model.h"
#include "ml/data/decode.h"
#include "ml/explain/methods.h"
#include "ml/train/batches.h"
#include "ml/train/input_images.h"

namespace mp::explorer::cli {

namespace {

/// What an image is labelled as: its folder's class, where boxes know it, else the class of most of its boxes' area.
ml::ClassId label_of(const BoxFolder& data, std::uint32_t image) {
  const auto folder = data.pool.source_class[image];
  if (folder != ml::kNoClass)
    for (std::size_t c = 0; c < data.classes.size(); ++c)
      if (data.classes[c].name == data.folder_classes[std::size_t(folder)]) return ml::ClassId(c);
  std::map<ml::ClassId, float> area;
  for (auto& b : data.boxes[image]) area[b.cls] += b.rect.area();
  if (area.empty()) return ml::kNoClass;
  return std::ranges::max_element(area, {}, [](auto& a) { return a.second; })->first;
}

/// Boxes of one class in shares of the image's sides.
std::vector<ml::BoxRect> boxes_of(const BoxFolder& data, std::uint32_t image, ml::ClassId cls) {
  const float w = float(data.pool.images[image].width_px), h = float(data.pool.images[image].height_px);
  std::vector<ml::BoxRect> boxes;
  for (auto& b : data.boxes[image])
    if (b.cls == cls) boxes.push_back({b.rect.x0 / w, b.rect.y0 / h, b.rect.x1 / w, b.rect.y1 / h});
  return boxes;
}

std::vector<ml::TrainItem> items_of(const BoxFolder& data, std::span<const std::uint32_t> images) {
  std::vector<ml::TrainItem> items;
  for (auto i : images)
    if (const auto c = label_of(data, i); c != ml::kNoClass) items.push_back({i, c});
  return items;
}

std::vector<ml::ClassId> classes_of(std::span<const ml::TrainItem> items) {
  std::vector<ml::ClassId> c;
  for (auto& i : items) c.push_back(i.cls);
  return c;
}

Result<std::shared_ptr<ml::Network>> trained(const ExplainOptions& o, const BoxFolder& data, std::span<const ml::TrainItem> train,
                                             ml::InputSource& inputs) {
  const int classes = int(data.classes.size());
  auto settings = o.train;
  settings.input_px = o.input_px ? o.input_px : settings.input_px;
  settings.threads = o.threads;
  settings.seed = o.seed;
  settings.guide = o.guided > 0 ? o.guide : 0;
  if (!o.weights.empty()) {
    const auto bytes = ml::read_file(o.weights);
    if (!bytes) return tl::make_unexpected(bytes.error());
    auto spec = ml::network_spec(settings, classes);
    if (!spec) return tl::make_unexpected(spec.error());
    auto net = ml::make_network(*spec);
    if (!net) return tl::make_unexpected(net.error());
    if (auto ok = (*net)->load(*bytes); !ok) return tl::make_unexpected(ok.error());
    return std::shared_ptr<ml::Network>(std::move(*net));
  }
  std::set<ml::SampleId> guiding;
  const auto share = std::size_t(std::lround(o.guided * double(train.size())));
  if (share > 0)
    for (auto i : ml::stratified_subset(classes_of(train), share, hash_combine(o.seed, 0x61))) guiding.insert(train[i].id);
  ml::TrainHooks hooks;
  hooks.cancel = cancel_on_interrupt();
  ProgressBar bar("training " + settings.network);
  Stopwatch watch;
  hooks.on_epoch = [&](const ml::EpochReport& e) {
    bar.show(e.epoch, e.epochs, eta_s(watch.ms(), e.epoch, e.epochs), "train " + std::to_string(e.train_accuracy).substr(0, 5));
  };
  hooks.boxes = [&](ml::SampleId id, ml::ClassId cls) { return guiding.contains(id) ? boxes_of(data, id, cls) : std::vector<ml::BoxRect>{}; };
  // A fifth of the training images, drawn from each class, chooses the epoch: nothing is chosen by the held-out ones.
  auto result = ml::train_network(settings, classes, train, {}, inputs, hooks);
  bar.finish();
  if (!result) return tl::make_unexpected(result.error());
  print_row(o.json, "explain.train_s", watch.ms() / 1000, "s", train.size(), cpu_name(), {{"network", settings.network}, {"epochs", result->epochs}, {"threads", o.threads}, {"guided", guiding.size()}, {"guide", settings.guide}});
  return result->network;
}

struct Ask {
  Ask(std::string name, ml::HeatMethod how, ml::Baseline baseline, std::size_t classes) : title(std::move(name)), method(how), tally(classes) { settings.baseline = baseline; }
  std::string title;
  ml::HeatMethod method;
  ml::HeatSettings settings;
  Times times;
  std::vector<double> errors;
  HeatTally tally;
};

Result<std::vector<Ask>> asks_of(const ExplainOptions& o, std::size_t classes) {
  std::vector<Ask> asks;
  std::istringstream names(o.methods);
  for (std::string name; std::getline(names, name, ',');) {
    const auto method = ml::find_heat_method(name);
    if (!method) return fail("unknown method", {}, "cam, grad-cam, ig, occlusion", "\"" + name + "\"");
    if (*method != ml::HeatMethod::integrated_gradients) {
      asks.emplace_back(name, *method, ml::Baseline::black, classes);
      continue;
    }
    for (auto b : {ml::Baseline::black, ml::Baseline::mean, ml::Baseline::blurred})
      asks.emplace_back(name + " " + std::string(ml::kBaselineNames[std::size_t(b)]), *method, b, classes);
  }
  return asks;
}

}  // namespace

int bench_explain_network(const ExplainOptions& o) {
  const auto data = load_box_folder(o.data, o.boxes, o.test_boxes, o.seed);
  if (!data) return report(data.error());
  const auto classes = data->classes.size();
  auto asks = asks_of(o, classes);
  if (!asks) return report(asks.error()), kWrongUsage;
  const auto inputs = ml::make_input_images(std::make_shared<const ml::Pool>(data->pool));
  const auto train = items_of(*data, data->train), test = items_of(*data, data->test);
  auto net = trained(o, *data, train, *inputs);
  if (!net) return report(net.error());
  if (!o.save.empty()) {
    const auto bytes = (*net)->save();
    if (auto written = write_file(o.save, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !written) return report(written.error());
  }
  const int px = (*net)->spec().input_px;
  const auto size = std::size_t(px) * std::size_t(px);
  std::vector<std::uint8_t> slow(test.size(), o.slow_images == 0);
  if (o.slow_images > 0)
    for (auto i : ml::stratified_subset(classes_of(test), std::size_t(o.slow_images), o.seed)) slow[i] = 1;
  HeatTally deviation(classes);
  std::size_t right = 0, seen = 0;
  std::vector<std::uint8_t> image(size), ok(1);
  ProgressBar bar("explaining");
  const auto cancel = cancel_on_interrupt();
  for (std::size_t i = 0; i < test.size(); ++i) {
    if (cancel.cancelled()) return kPartly;
    bar.show(double(i + 1), double(test.size()), -1);
    const auto& item = test[i];
    inputs->load({&item.id, 1}, px, image, ok);
    if (!ok[0]) continue;
    const auto p = (*net)->predict(image, 1, nullptr);
    if (p.empty()) return report({"the network failed", {}, {}, (*net)->last_error()});
    ++seen;
    right += std::ranges::max_element(p) - p.begin() == item.cls;
    const auto boxes = boxes_of(*data, item.id, item.cls);
    if (boxes.empty()) continue;
    deviation.add(std::size_t(item.cls), ml::score_heat(ml::local_deviation(image, px), boxes, 1, 1));
    for (auto& ask : *asks) {
      const bool quick = ask.method == ml::HeatMethod::cam || ask.method == ml::HeatMethod::grad_cam;
      if (!quick && !slow[i]) continue;
      const auto e = ask.times.of([&] { return ml::explain(**net, ask.method, image, item.cls, ask.settings); });
      if (!e) return report(e.error());
      ask.tally.add(std::size_t(item.cls), ml::score_heat(e->map, boxes, 1, 1));
      if (!std::isnan(e->error)) ask.errors.push_back(e->error);
    }
  }
  bar.finish();
  const auto device = cpu_name();
  print_row(o.json, "explain.accuracy", double(right) / double(std::max<std::size_t>(1, seen)), "share", seen, device, {{"network", o.train.network}, {"guided", o.guided}});
  for (auto& ask : *asks) {
    ask.tally.print(o.json, *data, ask.title);
    print_explain_ms(o, ask.title, ask.times);
    if (ask.errors.empty()) continue;
    std::ranges::sort(ask.errors);
    print_row(o.json, "explain.ig_error", ask.errors[ask.errors.size() / 2], "share", ask.errors.size(), device, {{"map", ask.title}, {"steps", ask.settings.steps}, {"p90", ask.errors[ask.errors.size() * 9 / 10]}});
  }
  deviation.print(o.json, *data, "local deviation");
  return kDone;
}

}  // namespace mp::explorer::cli
