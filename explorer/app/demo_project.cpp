#include "explorer/app/demo_project.h"

#include <filesystem>

#include "explorer/app/user_folders.h"
#include "ml/data/synthetic_build.h"

namespace mp::explorer {

DemoFolders demo_folders() {
  const auto base = cache_folder() + "/demo";
  return {base + "/layers", base + "/demo.meltpool"};
}

Result<void> draw_demo_images(const DemoFolders& f, const std::function<void(int, int)>& progress, const CancelToken& cancel) {
  std::error_code ec;
  std::filesystem::create_directories(f.images, ec);
  if (ec) return fail("cannot make the folder for the demo build", f.images, {}, ec.message(), "Set XDG_CACHE_HOME to a folder that can be written");
  return ml::write_synthetic_build(f.images, {}, progress, cancel);
}

std::string demo_script(const std::string& out) {
  auto shot = [&](const char* name) { return "{\"screenshot\": \"" + out + "/" + name + ".png\"}\n"; };
  std::string s;
  s += "{\"wait\": \"idle\", \"timeout_s\": 120}\n{\"key\": \"Home\"}\n{\"wait\": 1}\n" + shot("1-unlabelled-pool");
  // The left of the cloud, by hand; the ground truth names the samples (one cluster may hold several classes).
  s += "{\"lasso\": {\"view\": \"scatter\", \"polygon\": [[0.18,0.45],[0.24,0.36],[0.33,0.36],[0.38,0.45],[0.35,0.56],[0.26,0.58],[0.2,0.53]]}}\n";
  s += "{\"wait\": 0.7}\n" + shot("2-lasso") + "{\"key\": \"O\"}\n{\"wait\": \"rescored\"}\n{\"wait\": 1.2}\n" + shot("3-labelled-and-retrained");
  s += "{\"key\": \"Escape\"}\n";
  // Then the model asks.
  for (int round = 0; round < 6; ++round) s += "{\"key\": \"Q\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"wait\": 0.6}\n{\"key\": \"O\"}\n{\"wait\": \"rescored\"}\n{\"wait\": 0.5}\n";
  s += shot("4-after-queries");
  s += "{\"command\": {\"type\": \"set_training\", \"network\": \"bn-gapc\", \"input_px\": 64, \"epochs\": 16, \"batch\": 16, \"learning_rate\": 0.002, \"folds\": 5, \"threads\": 1, \"device\": \"cpu\"}}\n";
  s += "{\"key\": \"Ctrl+T\"}\n{\"wait\": \"round\", \"timeout_s\": 240}\n{\"key\": \"Ctrl+T\"}\n{\"wait\": 1}\n" + shot("5-network-trained");
  s += "{\"key\": \"F3\"}\n{\"wait\": 1}\n" + shot("6-evaluation") + "{\"key\": \"F2\"}\n{\"key\": \"M\"}\n{\"wait\": 1}\n" + shot("7-one-layer");
  s += "{\"key\": \"F1\"}\n{\"key\": \"M\"}\n{\"wait\": 1}\n";
  return s;
}

}  // namespace mp::explorer
