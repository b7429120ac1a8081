// The embedded default: the synthetic powder-bed build, drawn into the user's cache folder, and its project.
#pragma once
#include <functional>
#include <string>

#include "engine/base/channel.h"
#include "engine/base/error.h"

namespace mp::explorer {

struct DemoFolders {
  std::string images, project;
};

DemoFolders demo_folders();
/// Draws what is missing of the 60 layers. progress(done, total).
Result<void> draw_demo_images(const DemoFolders& folders, const std::function<void(int, int)>& progress, const CancelToken& cancel);
/// The scripted session of a headless demo: JSON lines; screenshots go into out_dir.
std::string demo_script(const std::string& out_dir);

}  // namespace mp::explorer
