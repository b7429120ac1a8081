// A program without its network module says what to do. A process of its own: the module stays loaded once it is.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "ml/nn/network.h"

// Catch runs cases in the order of the files; the check runs in a child that has loaded nothing yet.
static std::string error_without_module() {
  int ends[2];
  if (pipe(ends)) return "no pipe";
  if (auto child = fork(); child == 0) {
    setenv("MELTPOOL_NETWORKS", "/nonexistent/meltpool_networks.so", 1);
    auto net = mp::ml::make_network({});
    std::string text = net ? "loaded" : net.error().message();
    auto written = write(ends[1], text.data(), text.size());
    _exit(written > 0 ? 0 : 1);
  } else {
    close(ends[1]);
    std::string text(4096, 0);
    auto n = read(ends[0], text.data(), text.size());
    text.resize(n > 0 ? std::size_t(n) : 0);
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return text;
  }
}

static const std::string kWithoutModule = error_without_module();  // before main, hence before any case loads it

TEST_CASE("a missing module is an error that says what to install") {
  CHECK(kWithoutModule.find("/nonexistent/meltpool_networks.so") != std::string::npos);
  CHECK(kWithoutModule.find("libtorch-dev") != std::string::npos);
}
