// See pretrain.h.
#include "ml/train/pretrain.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/train/batches.h"
#include "ml/train/start_weights.h"

namespace mp::ml {

Result<std::shared_ptr<Network>> pretrain(const TrainSettings& settings, int classes, std::span<const SampleId> pool,
                                          InputSource& inputs, const TrainHooks& hooks) {
  const int epochs = settings.pretrain;
  if (epochs <= 0) return nullptr;
  auto spec = network_spec(settings, classes);
  if (!spec) return tl::make_unexpected(spec.error());
  spec->seed = hash_combine(settings.seed, 0);
  auto made = make_network(*spec);
  if (!made) return tl::make_unexpected(made.error());
  auto& network = **made;
  if (!settings.weights.empty())
    if (auto ok = load_start_weights(network, settings); !ok) return tl::make_unexpected(ok.error());
  const std::size_t size = std::size_t(settings.input_px) * std::size_t(settings.input_px);
  const float first_rate = settings.learning_rate * find_plan(spec->name)->rate_scale;
  std::vector<SampleId> order(pool.begin(), pool.end()), ids;
  std::vector<std::uint8_t> images, ok;
  std::int64_t step = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    Rng(hash_combine(settings.seed, 0x51c1 + std::uint64_t(epoch))).shuffle(order);
    std::int64_t before = step;
    for (std::size_t from = 0; from < order.size(); from += kPretrainBatch) {
      while (hooks.paused && hooks.paused() && !hooks.cancel.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (hooks.cancel.cancelled()) return std::shared_ptr<Network>(std::move(*made));
      Stopwatch clock;
      ids.assign(order.begin() + std::ptrdiff_t(from), order.begin() + std::ptrdiff_t(std::min(order.size(), from + kPretrainBatch)));
      images.resize(ids.size() * size);
      ok.assign(ids.size(), 0);
      inputs.load(ids, settings.input_px, images, ok);
      std::size_t n = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!ok[i]) continue;
        if (n != i) std::copy_n(images.begin() + std::ptrdiff_t(i * size), size, images.begin() + std::ptrdiff_t(n * size));
        ++n;
      }
      if (n < 2) continue;
      const double progress = (epoch - 1 + double(from) / double(order.size())) / epochs;
      const float rate = scheduled_rate(Schedule::cosine, first_rate, progress, epoch - 1);
      const float loss = network.contrast_step(std::span(images).first(n * size), rate, hash_combine(settings.seed, std::uint64_t(++step)));
      if (!std::isfinite(loss))
        return fail("pretraining stopped at step " + std::to_string(step) + " (epoch " + std::to_string(epoch) + ")", {},
                    "a finite loss", network.last_error(), "lower the learning rate");
      if (hooks.on_step) hooks.on_step({step, epoch, epochs, loss, rate, 1000.0 * double(n) / std::max(1e-3, clock.ms()), true});
    }
    if (step == before) return fail("cannot pretrain", {}, "two images of the pool at least", "fewer that can be read");
  }
  return std::shared_ptr<Network>(std::move(*made));
}

}  // namespace mp::ml
