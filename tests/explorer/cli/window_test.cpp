// The window under Xvfb: a real mouse (xdotool) lassos, a real key labels, the labels are in the database.
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {

bool installed(const std::string& tool) { return std::system(("command -v " + tool + " >/dev/null 2>&1").c_str()) == 0; }

/// An X server without a screen, on a display number that it chooses itself.
class Xvfb {
 public:
  Xvfb() {
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      const auto fd = std::to_string(ends[1]);
      dup2(open("/dev/null", O_WRONLY), 2);
      execlp("Xvfb", "Xvfb", "-displayfd", fd.c_str(), "-screen", "0", "1280x900x24", "-nolisten", "tcp", nullptr);
      _exit(127);
    }
    close(ends[1]);
    char c;
    while (pid_ > 0 && read(ends[0], &c, 1) == 1 && c != '\n') number_ += c;
    close(ends[0]);
  }
  ~Xvfb() {
    if (pid_ <= 1) return;   // never a signal to more than our own child
    ::kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Xvfb(const Xvfb&) = delete;
  Xvfb& operator=(const Xvfb&) = delete;
  std::string display() const { return number_.empty() ? "" : ":" + number_; }

 private:
  pid_t pid_ = -1;
  std::string number_;
};

std::string shell(const std::string& display, const std::string& command) {
  std::string out;
  FILE* f = popen(("DISPLAY=" + display + " timeout 20 " + command + " 2>/dev/null").c_str(), "r");
  REQUIRE(f);
  char buffer[256];
  while (fgets(buffer, sizeof buffer, f)) out += buffer;
  pclose(f);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

void pause(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

int labelled(const Folder& home, const std::string& project) {
  int n = 0;
  const auto labels = status(home, project)["labels"];
  for (const auto& [name, count] : labels.items()) n += count.get<int>();
  return n;
}

}  // namespace

TEST_CASE("under Xvfb a mouse lasso and the key 1 put labels into the database, and a script does the same") {
  if (!installed("Xvfb") || !installed("xdotool")) {
    WARN("Xvfb or xdotool is not installed: skipped");
    return;
  }
  Folder home;
  const auto p = make_project(home, 10);
  fs::copy(p, home / "scripted", fs::copy_options::recursive);
  Xvfb x;
  if (x.display().empty()) {
    WARN("Xvfb did not start: skipped");
    return;
  }
  const Environment environment = {{"DISPLAY", x.display()}, {"MELTPOOL_VALIDATION", "1"}};

  // The script first. Its wait of half a second is a real one: the window's clock must not stand still while drawing.
  write_file(home / "s.jsonl", "{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"wait\": 0.5}\n{\"lasso\": {\"view\": \"scatter\", \"polygon\": [[0.03,0.15],[0.97,0.15],[0.97,0.9],[0.03,0.9]]}}\n{\"key\": \"1\"}\n{\"wait\": \"idle\"}\n");
  const auto scripted = Program(home, {"explore", home / "scripted", "--size", "1200x800", "--script", home / "s.jsonl", "--state", home / "s.json"}, environment).wait(60);
  INFO(scripted.err);
  REQUIRE(scripted.status == 0);
  const auto s = json::parse(read_file(home / "s.json"));
  CHECK(s["validation_messages"] == 0);
  CHECK(s["labelled"].get<int>() > 0);
  CHECK(labelled(home, home / "scripted") == s["labelled"].get<int>());

  Program program(home, {"explore", p, "--size", "1200x800", "--state", home / "state.json"}, environment);
  std::string window;
  for (int i = 0; i < 400 && window.empty() && program.running(); ++i) {
    pause(50);
    window = shell(x.display(), "xdotool search --onlyvisible --name Meltpool");
  }
  REQUIRE_FALSE(window.empty());
  shell(x.display(), "xdotool windowfocus " + window);
  int found = 0;
  // Nothing tells from outside when the map is there: a lasso that came too early selects nothing and is drawn again.
  for (int attempt = 0; attempt < 5 && found == 0 && program.running(); ++attempt) {
    pause(1500);
    // Around the middle of the window, clear of the columns at both sides; the scatter has its upper part.
    const std::vector<std::pair<int, int>> outline = {{275, 150}, {400, 148}, {560, 150}, {700, 148}, {835, 150}, {838, 300}, {836, 480}, {700, 482}, {500, 480}, {275, 480}, {274, 300}, {275, 160}};
    shell(x.display(), "xdotool mousemove 275 150");
    pause(150);
    shell(x.display(), "xdotool mousedown 1");
    for (const auto& [px, py] : outline) {
      shell(x.display(), "xdotool mousemove " + std::to_string(px) + " " + std::to_string(py));
      pause(40);
    }
    shell(x.display(), "xdotool mouseup 1");
    pause(300);
    shell(x.display(), "xdotool key 1");
    for (int i = 0; i < 10 && found == 0; ++i) {
      pause(100);
      found = labelled(home, p);   // a second reader sees what is durable
    }
  }
  shell(x.display(), "xdotool key ctrl+q");
  const auto r = program.wait(30);
  INFO(r.err);
  CHECK(r.status == 0);
  CHECK(found > 0);
  const auto state = json::parse(read_file(home / "state.json"));
  CHECK(state["labelled"] == found);
  CHECK(state["labels"]["dots"] == found);   // the key 1 is the first class
  CHECK(state["validation_messages"] == 0);
  CHECK(labelled(home, p) == found);
}

}  // namespace mp::explorer::cli::test
