// See weight_helper.h. The answer is one letter and a body: 'T' and safetensors, or 'E' and the error's fields.
#include "ml/nn/weight_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ml/nn/pth.h"
#include "ml/nn/weight_file.h"

extern char** environ;

namespace mp::ml {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t size_of_file(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

void limit(__rlimit_resource_t what, std::uint64_t most) {
  const rlimit l{most, most};
  setrlimit(what, &l);
}

bool write_all(const char* data, std::size_t n) {
  while (n) {
    const auto w = write(STDOUT_FILENO, data, n);
    if (w <= 0) return false;
    data += w;
    n -= std::size_t(w);
  }
  return true;
}

/// All that the helper writes until it closes; false at the deadline or beyond `most` bytes.
bool read_answer(int fd, std::vector<std::uint8_t>& answer, std::uint64_t most, Clock::time_point deadline) {
  std::vector<std::uint8_t> part(1 << 20);
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd wait{fd, POLLIN, 0};
    if (left <= 0 || answer.size() > most) return false;
    if (poll(&wait, 1, int(left)) < 0) continue;
    if (!wait.revents) continue;
    const auto n = read(fd, part.data(), part.size());
    if (n <= 0) return n == 0;
    answer.insert(answer.end(), part.begin(), part.begin() + n);
  }
}

}  // namespace

int run_weight_helper(const std::string& path, bool trust) {
  limit(RLIMIT_AS, kHelperBytes + 4 * size_of_file(path));
  limit(RLIMIT_CPU, kHelperSeconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  signal(SIGXFSZ, SIG_IGN);  // a message to an error output that is a file is lost, the answer is not
  try {
    auto read = read_weight_file(path, trust);
    if (read) {
      const auto bytes = write_safetensors(*read, {});
      return write_all("T", 1) && write_all(reinterpret_cast<const char*>(bytes.data()), bytes.size()) ? 0 : 1;
    }
    const auto& e = read.error();
    const auto text = nlohmann::json{{"what", e.what}, {"path", e.path}, {"expected", e.expected}, {"found", e.found}, {"action", e.action}}
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    write_all("E", 1);
    write_all(text.data(), text.size());
  } catch (const std::exception& e) {  // std::bad_alloc above all: the answer stays empty
    std::fprintf(stderr, "read-weights: %s\n", e.what());
  }
  return 1;
}

Result<std::vector<NamedTensor>> read_weights_apart(const std::string& path, bool trust, const std::string& program) {
  auto wrong = [&](const std::string& found) {
    return fail("cannot read the weights", path,
                "a file that can be read within " + std::to_string(kHelperBytes >> 30) + " GB and " +
                    std::to_string(kHelperSeconds) + " s",
                found, "use a complete safetensors, .pth or .h5 file");
  };
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return wrong(std::string("no pipe to the helper: ") + std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<std::string> words{"meltpool", kWeightHelperCommand};
  if (trust) words.push_back("--trust");
  words.insert(words.end(), {"--", path});
  std::vector<char*> arguments;
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int spawned = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::vector<std::uint8_t> answer;
  bool whole = false;
  if (spawned == 0)
    whole = read_answer(ends[0], answer, 4 * size_of_file(path) + (64u << 20), Clock::now() + std::chrono::seconds(kHelperSeconds * 3 / 2));
  close(ends[0]);
  if (spawned != 0) return wrong(std::string("no helper process: ") + std::strerror(spawned));
  if (!whole) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (!whole) return wrong("more time or memory than that");
  if (WIFSIGNALED(status)) return wrong(std::string("the helper process was ended: ") + strsignal(WTERMSIG(status)));
  if (answer.empty()) return wrong("more memory than that, or a broken file");
  const auto body = std::span(answer).subspan(1);
  if (answer[0] == 'E') {
    const auto j = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
    if (!j.is_object()) return wrong("a broken answer");
    auto field = [&](const char* name) { return j.value(name, std::string()); };
    return fail(field("what"), field("path"), field("expected"), field("found"), field("action"));
  }
  auto file = read_safetensors(body, path);
  if (!file) return tl::make_unexpected(file.error());
  std::vector<NamedTensor> tensors;
  for (auto& t : file->tensors) tensors.push_back({t.name, t.shape, floats_of(t)});
  return tensors;
}

}  // namespace mp::ml
