#include "explorer/app/demo_project.h"

#include <filesystem>

#include "explorer/app/user_folders.h"
#include "ml/data/synthetic_build.h"

namespace mp::explorer {

DemoFolders demo_folders() {
  const auto base = cache_folder() + "/demo";
  return {base + "/layers", base + "/demo.meltpool"};
}

DemoDrawing::~DemoDrawing() {
  cancel_.cancel();
  if (thread_.joinable()) thread_.join();
}

void DemoDrawing::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    const auto images = demo_folders().images;
    auto tell = [&](News n) {
      std::lock_guard lock(mutex_);
      news_ = std::move(n);
    };
    std::error_code ec;
    std::filesystem::create_directories(images, ec);
    if (ec) return tell({0, 0, false, "cannot make the folder for the demo build (" + images + "): " + ec.message() + ". Set XDG_CACHE_HOME to a folder that can be written"});
    auto drawn = ml::write_synthetic_build(images, {}, [&](int done, int total) { tell({done, total, false, {}}); }, cancel_);
    tell(drawn ? News{0, 0, true, {}} : News{0, 0, false, drawn.error().message()});
  });
}

std::optional<DemoDrawing::News> DemoDrawing::poll() {
  std::optional<News> n;
  {
    std::lock_guard lock(mutex_);
    n = std::exchange(news_, std::nullopt);
  }
  if (n && (n->done || !n->error.empty())) thread_.join();
  return n;
}

std::string demo_script(const std::string& out) {
  auto shot = [&](const char* name) { return "{\"screenshot\": \"" + out + "/" + name + ".png\"}\n"; };
  const std::string ask = "{\"key\": \"Q\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"wait\": 0.5}\n{\"key\": \"O\"}\n{\"wait\": \"rescored\"}\n{\"wait\": 0.5}\n";
  const std::string away = "{\"mouse\": {\"move\": [0.02, 0.98], \"view\": \"scatter\"}}\n";
  std::string s = "{\"wait\": \"idle\", \"timeout_s\": 120}\n" + away + "{\"key\": \"Home\"}\n{\"wait\": 1.5}\n" + shot("1-unlabelled-pool");
  // Typical samples first, then what the model asks; the ground truth answers.
  s += "{\"key\": \"Q\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"wait\": 1}\n" + shot("2-first-picks");
  s += "{\"key\": \"O\"}\n{\"wait\": \"rescored\"}\n{\"wait\": 1}\n" + shot("3-labelled-and-retrained");
  for (int round = 0; round < 5; ++round) s += ask;
  // A doubtful stretch of the cloud, by hand.
  s += "{\"command\": {\"type\": \"set_colour_by\", \"by\": 2}}\n{\"wait\": 1}\n";
  s += "{\"lasso\": {\"view\": \"scatter\", \"polygon\": [[0.40,0.26],[0.44,0.20],[0.50,0.18],[0.56,0.20],[0.58,0.28],[0.56,0.36],[0.50,0.40],[0.43,0.37],[0.40,0.31]]}}\n";
  s += away + "{\"wait\": 1}\n" + shot("4-lasso-of-doubtful-samples") + "{\"key\": \"O\"}\n{\"wait\": \"rescored\"}\n{\"wait\": 0.8}\n";
  s += "{\"command\": {\"type\": \"set_colour_by\", \"by\": 0}}\n{\"key\": \"Escape\"}\n{\"wait\": 1}\n" + shot("5-after-the-lasso");
  for (int round = 0; round < 3; ++round) s += ask;
  s += "{\"command\": {\"type\": \"set_training\", \"network\": \"bn-gapc\", \"input_px\": 64, \"epochs\": 20, \"batch\": 16, \"learning_rate\": 0.002, \"folds\": 5, \"threads\": 1, \"device\": \"cpu\"}}\n";
  s += "{\"key\": \"Ctrl+T\"}\n{\"wait\": \"round\", \"timeout_s\": 240}\n{\"key\": \"Ctrl+T\"}\n{\"wait\": 1}\n" + shot("6-network-trained");
  s += "{\"key\": \"F3\"}\n{\"wait\": 1.5}\n" + shot("7-evaluation") + "{\"key\": \"F2\"}\n{\"key\": \"M\"}\n{\"wait\": 1.5}\n" + shot("8-one-layer");
  s += "{\"key\": \"F1\"}\n{\"key\": \"M\"}\n{\"wait\": 1.5}\n";
  return s;
}

}  // namespace mp::explorer
