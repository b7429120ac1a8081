#include "ml/service/training_backend.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ml/data/atomic_file.h"
#include "ml/train/input_images.h"

namespace mp::ml {

TrainingBackend make_training_backend(std::string project_dir,
                                      std::function<void(std::string key, std::vector<std::uint8_t>)> save_blob) {
  TrainingBackend b;
  b.train = [](const TrainSettings& settings, int classes, std::span<const TrainItem> train,
               std::span<const TrainItem> validation, InputSource& inputs, const TrainHooks& hooks) {
    return train_network(settings, classes, train, validation, inputs, hooks);
  };
  b.load = [] { (void)network_names(); };
  b.make_inputs = [](PoolPtr pool) { return make_input_images(std::move(pool)); };
  if (project_dir.empty()) return b;
  b.save = [project_dir, save_blob](const TrainResult& result, const TrainSettings& settings, int round,
                                    std::uint64_t label_revision,
                                    const std::vector<std::string>& classes) -> Result<void> {
    const auto file = "models/" + settings.network + ".safetensors";
    std::error_code ignored;  // the file's error says it
    std::filesystem::create_directories(project_dir + "/models", ignored);
    auto out = AtomicFile::create(project_dir + "/" + file);
    if (!out) return tl::make_unexpected(out.error());
    const auto weights = result.network->save();
    out->write({reinterpret_cast<const char*>(weights.data()), weights.size()});
    if (auto ok = out->commit(); !ok) return ok;
    nlohmann::json facts{{"network", settings.network},
                         {"input_px", settings.input_px},
                         {"classes", classes},
                         {"file", file},
                         {"round", round},
                         {"label_revision", label_revision},
                         {"accuracy", result.validation.accuracy},
                         {"biased", result.validation.biased},
                         {"epoch", result.best_epoch},
                         {"seed", settings.seed}};
    const auto text = facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    save_blob(kNetworkModelBlob, {text.begin(), text.end()});
    return {};
  };
  return b;
}

}  // namespace mp::ml
