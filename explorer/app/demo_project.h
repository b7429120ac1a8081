// The embedded default: the synthetic powder-bed build, drawn into the user's cache folder, and its project.
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/base/channel.h"
#include "engine/base/error.h"

namespace mp::explorer {

struct DemoFolders {
  std::string images, project;
};

DemoFolders demo_folders();
/// Draws what is missing of the 60 layers, on a thread of its own.
class DemoDrawing {
 public:
  struct News {
    int layers = 0, total = 0;
    bool done = false;
    std::string error;
  };
  ~DemoDrawing();
  void start();                    // no-op while it runs
  bool running() const { return thread_.joinable(); }
  /// What has changed since the last call; the last news (done or error) joins the thread.
  std::optional<News> poll();

 private:
  std::thread thread_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::optional<News> news_;
};
/// The scripted session of a headless demo: JSON lines; screenshots go into out_dir.
std::string demo_script(const std::string& out_dir);

}  // namespace mp::explorer
