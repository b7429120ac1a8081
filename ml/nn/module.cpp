// Finds and loads the network module on first use and keeps it for the life of the program.
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "ml/nn/detector.h"
#include "ml/nn/network.h"

namespace mp::ml {
namespace {

namespace fs = std::filesystem;
constexpr const char* kModuleFile = "meltpool_networks.so";
constexpr const char* kModuleVariable = "MELTPOOL_NETWORKS";

/// $MELTPOOL_NETWORKS alone if set (a file or a folder), else beside the program, else ../lib/meltpool.
std::vector<fs::path> places() {
  std::error_code none;
  if (const char* given = std::getenv(kModuleVariable); given && *given)
    return {fs::is_directory(given, none) ? fs::path(given) / kModuleFile : fs::path(given)};
  auto folder = fs::read_symlink("/proc/self/exe", none).parent_path();
  return {folder / kModuleFile, folder.parent_path() / "lib" / "meltpool" / kModuleFile};
}

Result<void*> open_module() {
  const char* action =
      "install LibTorch (apt-get install libtorch-dev) and build again, or point MELTPOOL_NETWORKS at it";
  auto candidates = places();
  for (auto& path : candidates) {
    std::error_code none;
    if (!fs::exists(path, none)) continue;
    // Never closed: LibTorch's threads and static objects outlive any one network.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
      const char* why = dlerror();
      return fail("cannot load the network module", path.string(), "LibTorch and what it needs", why ? why : "an error",
                  action);
    }
    return handle;
  }
  return fail("networks are not available: the network module is missing", candidates.front().string(), kModuleFile,
              "no file", action);
}

/// What the module exports under a symbol: a function without arguments that gives the table.
template <class Table>
Result<const Table*> table(const char* symbol) {
  // A failure is not kept: a person may install LibTorch while the program runs.
  static std::mutex mutex;
  static void* handle = nullptr;
  std::lock_guard lock(mutex);
  if (!handle) {
    auto opened = open_module();  // dlopen counts: a second time gives the same handle
    if (!opened) return tl::make_unexpected(opened.error());
    handle = *opened;
  }
  auto get = reinterpret_cast<const Table* (*)()>(dlsym(handle, symbol));
  if (!get)
    return fail("cannot use the network module", places().front().string(), symbol, "a module of another version",
                "build program and module together");
  return get();
}

Result<const NetworkModule*> module() { return table<NetworkModule>(kNetworkModuleSymbol); }

}  // namespace

Result<std::vector<std::string>> network_names() {
  auto m = module();
  if (!m) return tl::make_unexpected(m.error());
  return (*m)->names();
}

Result<std::unique_ptr<Network>> make_network(const NetworkSpec& spec) {
  auto m = module();
  if (!m) return tl::make_unexpected(m.error());
  return (*m)->make(spec);
}

Result<std::string> network_versions() {
  auto m = module();
  if (!m) return tl::make_unexpected(m.error());
  return (*m)->versions();
}

Result<std::vector<NamedTensor>> read_torch_script(const std::string& path) {
  auto m = module();
  if (!m) return tl::make_unexpected(m.error());
  return (*m)->read_script(path);
}

Result<std::unique_ptr<Detector>> make_detector(const DetectorSpec& spec) {
  auto m = table<DetectorModule>(kDetectorModuleSymbol);
  if (!m) return tl::make_unexpected(m.error());
  return (*m)->make(spec);
}

Result<std::vector<NamedTensor>> read_keras(const std::string& path) {
  auto m = module();
  if (!m) return tl::make_unexpected(m.error());
  return (*m)->read_keras(path);
}

}  // namespace mp::ml
