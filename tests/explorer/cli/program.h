// Runs the real program as a subprocess on small images that the tests write themselves. Test code only.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/hash.h"

namespace mp::explorer::cli::test {

namespace fs = std::filesystem;
using nlohmann::json;

/// A folder of its own, also the user's settings and caches: no test sees what another left behind.
class Folder {
 public:
  Folder() {
    auto pattern = (fs::temp_directory_path() / "meltpool_cli_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& file, const std::string& bytes) {
  fs::create_directories(fs::path(file).parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

struct Outcome {
  int status = -1;        // exit status, 128 + signal
  std::string out, err;
  json parsed() const {
    INFO(out);
    INFO(err);
    auto j = json::parse(out, nullptr, false);
    REQUIRE_FALSE(j.is_discarded());
    return j;
  }
};

using Environment = std::map<std::string, std::string>;

/// A running meltpool. The destructor ends it.
class Program {
 public:
  Program(const Folder& home, std::vector<std::string> arguments, const Environment& environment = {}) {
    static int number = 0;
    base_ = home / ("run" + std::to_string(number++));
    arguments.insert(arguments.begin(), std::string(MP_BINARY_DIR) + "/meltpool");
    pid_ = fork();
    if (pid_ < 0) FAIL("cannot start a process");
    if (pid_ == 0) {
      setenv("HOME", home.path().c_str(), 1);
      for (const char* x : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "DISPLAY", "WAYLAND_DISPLAY"}) unsetenv(x);
      for (const auto& [key, value] : environment) setenv(key.c_str(), value.c_str(), 1);
      for (const auto& [fd, name] : {std::pair(1, ".out"), std::pair(2, ".err")}) dup2(open((base_ + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), fd);
      std::vector<char*> argv;
      for (auto& a : arguments) argv.push_back(a.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Program() {
    signal(SIGKILL);
    if (pid_ > 1) waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  /// Only to the child itself, and only while it is ours: kill() with -1 would reach every process of the machine.
  void signal(int number) {
    if (running() && pid_ > 1) ::kill(pid_, number);
  }
  pid_t pid() const { return pid_; }
  bool running() {
    if (pid_ <= 0) return false;
    int status = 0;
    const auto changed = waitpid(pid_, &status, WNOHANG);
    if (changed == 0 || (changed < 0 && errno == EINTR)) return true;
    if (changed < 0) {
      pid_ = -1;
      return false;
    }
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
    return false;
  }
  Outcome wait(int timeout_s = 180) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s);
    while (running() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (pid_ > 0) FAIL("the program did not end: " + read_file(base_ + ".err"));
    return {status_, read_file(base_ + ".out"), read_file(base_ + ".err")};
  }

 private:
  std::string base_;
  pid_t pid_ = -1;
  int status_ = -1;
};

inline Outcome run(const Folder& home, const std::vector<std::string>& arguments, const Environment& environment = {}) { return Program(home, arguments, environment).wait(); }

/// Runs and demands a status; what the program said stands in the failure.
inline Outcome expect(int status, const Folder& home, const std::vector<std::string>& arguments, const Environment& environment = {}) {
  auto r = run(home, arguments, environment);
  std::string line;
  for (const auto& a : arguments) line += " " + a;
  INFO("meltpool" << line << "\n" << r.out << r.err);
  REQUIRE(r.status == status);
  return r;
}

/// An 8-bit grey picture of one of three textures: stripes, grain, dots.
inline std::string texture(int kind, std::uint64_t seed, int w = 48, int h = 48) {
  Rng rng(seed * 31 + std::uint64_t(kind));
  const double angle = .2 * double(rng.below(8)), phase = double(rng.below(100));
  std::string pixels;
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const double noise = double(rng.below(30)) - 15;
      double v = 120;
      if (kind == 0) v += 70 * std::sin((x * std::cos(angle) + y * std::sin(angle)) * .8 + phase);
      if (kind == 1) v += 4 * noise;
      if (kind == 2) v += std::sin(x * .35 + phase) * std::sin(y * .35) > .3 ? 90 : -30;
      pixels.push_back(char(std::uint8_t(std::clamp(v + noise * .5, 0., 255.))));
    }
  return pixels;
}

inline std::string pgm(const std::string& pixels, int w, int h) { return "P5\n" + std::to_string(w) + " " + std::to_string(h) + "\n255\n" + pixels; }

inline const char* const kClasses[] = {"stripes", "grain", "dots"};

/// root/<class>/<class>_NN.pgm
inline void write_classes(const std::string& root, int each, int classes = 3) {
  for (int c = 0; c < classes; ++c)
    for (int i = 0; i < each; ++i)
      write_file(root + "/" + kClasses[c] + "/" + kClasses[c] + "_" + std::to_string(i) + ".pgm", pgm(texture(c, std::uint64_t(i + 1)), 48, 48));
}

inline std::vector<std::vector<std::string>> read_csv(const std::string& file) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream in(read_file(file));
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    auto& row = rows.emplace_back(1);
    bool quoted = false;
    for (char c : line) {
      if (c == '"') quoted = !quoted;
      else if (c == ',' && !quoted) row.emplace_back();
      else row.back() += c;
    }
  }
  return rows;
}

inline json status(const Folder& home, const std::string& project) { return expect(0, home, {"status", project, "--json"}).parsed(); }

/// Makes a project of `each` pictures in each of three classes.
inline std::string make_project(const Folder& home, int each = 20, std::vector<std::string> more = {}) {
  write_classes(home / "images", each);
  std::vector<std::string> a = {"import", home / "images", "--project", home / "p"};
  a.insert(a.end(), more.begin(), more.end());
  expect(0, home, a);
  return home / "p";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace mp::explorer::cli::test
