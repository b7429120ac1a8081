// Plots: ticks, ranges, reduction, what the pointer and the legend do, and the files they export.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "engine/base/hash.h"
#include "engine/ui/export_menu.h"
#include "engine/ui/histogram.h"
#include "engine/ui/plot_scale.h"
#include "engine/ui/plots.h"
#include "engine/ui/widgets.h"
#include "fake.h"

using namespace test;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

ui::PlotSpec line(std::string name = "Loss") {
  ui::PlotSpec s{.name = std::move(name), .x = {.label = "step"}, .y = {.label = "loss (nats)"}};
  ui::Series a{.name = "loss", .colour = rgba(255, 140, 43)}, b{.name = "accuracy", .colour = rgba(86, 180, 233)};
  for (int i = 0; i <= 100; ++i) {
    a.x.push_back(float(i));
    b.x.push_back(float(i));
    a.y.push_back(1 - float(i) / 100);
    b.y.push_back(float(i) / 100);
  }
  s.series = {a, b};
  return s;
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("mp_plots_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() {
    std::error_code ec;
    fs::remove_all(path, ec);
  }
};

}  // namespace

TEST_CASE("ticks are multiples of 1, 2 or 5 times a power of ten, inside, and about as many as asked") {
  Rng rng(3);
  for (int k = 0; k < 2000; ++k) {
    double range = std::pow(10., rng.unit() * 12 - 6), from = (rng.unit() - .5) * 100 * range;
    int count = 2 + int(rng.below(7));
    ui::Scale s{from, from + range};
    auto t = ui::ticks(s, count);
    double step = ui::nice_step(range, count), lead = step / std::pow(10., std::floor(std::log10(step) + 1e-9));
    REQUIRE(std::min({std::abs(lead - 1), std::abs(lead - 2), std::abs(lead - 5)}) < 1e-6);
    REQUIRE(t.size() <= std::size_t(count * 2 + 1));
    REQUIRE(double(t.size()) >= count / 2. - 1);
    for (std::size_t i = 0; i < t.size(); ++i) {
      REQUIRE(t[i].value >= s.min - step * 1e-3);
      REQUIRE(t[i].value <= s.max + step * 1e-3);
      REQUIRE(std::abs(t[i].value / step - std::round(t[i].value / step)) < 1e-4);
      if (i) REQUIRE(t[i].value - t[i - 1].value == Approx(step).epsilon(1e-6));
    }
  }
  auto label = [](double a, double b, int n) {
    std::string all;
    for (auto& t : ui::ticks({a, b}, n)) all += t.label + " ";
    return all;
  };
  CHECK(label(0, 1, 4) == "0.0 0.2 0.4 0.6 0.8 1.0 ");
  CHECK(label(80, 100, 4) == "80 85 90 95 100 ");
  CHECK(label(0, 40000, 4) == "0 10k 20k 30k 40k ");
  std::string logs;
  for (auto& t : ui::ticks({1e-5, 1e-1, true}, 8)) logs += t.label + " ";
  CHECK(logs == "1e-5 1e-4 0.001 0.01 0.1 ");
}

TEST_CASE("axes fit the data, skip NaN, keep their least range, survive a single point and none") {
  float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<ui::Series> s{{.x = {0, 5, nan, 10}, .y = {2, nan, 90, 7}}};
  auto x = ui::fit_scale({.min = 0, .max = 1}, s, true, 4);
  CHECK(x.min == 0);
  CHECK(x.max == 10);
  auto y = ui::fit_scale({.min = 0, .max = 1}, s, false, 4);
  CHECK(y.min == 0);
  CHECK(y.max == 8);             // to the next tick; 90 has no x
  auto fixed = ui::fit_scale({.min = 0, .max = 1, .fit = false}, s, false, 4);
  CHECK(fixed.max == 1);
  std::vector<ui::Series> one{{.x = {3}, .y = {5}}}, none;
  auto lone = ui::fit_scale({.min = 0, .max = 0}, one, true, 4);
  CHECK(lone.max > lone.min);
  auto bare = ui::fit_scale({.min = 0, .max = 1}, none, false, 4);
  CHECK(bare.max == 1);
  auto log = ui::fit_scale({.min = 0, .max = 1, .log = true}, s, false, 4);
  CHECK(log.min > 0);
  for (double v : {.01, .5, 7.}) {
    ui::Scale l{.001, 10, true};
    CHECK(l.value(l.unit(v)) == Approx(v).epsilon(1e-4));
  }
}

TEST_CASE("a long line keeps the lowest and highest of each column, in order") {
  Rng rng(5);
  for (std::size_t n : {std::size_t(3), std::size_t(500), std::size_t(20000)}) {
    std::vector<Vec2> p;
    for (std::size_t i = 0; i < n; ++i) p.push_back({300.f * float(i) / float(n), rng.normal()});
    auto r = ui::reduce_columns(p);
    REQUIRE(r.size() <= std::max<std::size_t>(8, 4 * 301));
    std::set<std::pair<float, float>> all;
    for (auto q : p) all.insert({q.x, q.y});
    for (std::size_t i = 0; i < r.size(); ++i) {
      REQUIRE(all.contains({r[i].x, r[i].y}));
      if (i) REQUIRE(r[i].x >= r[i - 1].x);
    }
    for (int c = 0; c < 300; ++c) {   // the slow way
      float low = 1e9f, high = -1e9f, rlow = 1e9f, rhigh = -1e9f;
      for (auto q : p)
        if (std::floor(q.x) == float(c)) low = std::min(low, q.y), high = std::max(high, q.y);
      for (auto q : r)
        if (std::floor(q.x) == float(c)) rlow = std::min(rlow, q.y), rhigh = std::max(rhigh, q.y);
      REQUIRE(low == rlow);
      REQUIRE(high == rhigh);
    }
  }
  std::vector<Vec2> back;
  for (int i = 0; i < 50; ++i) back.push_back({float(50 - i), 0});
  CHECK(ui::reduce_columns(back).size() == 50);
}

TEST_CASE("means over neighbours equal the slow sum and keep breaks") {
  Rng rng(9);
  std::vector<float> y;
  for (int i = 0; i < 300; ++i) y.push_back(i % 37 == 5 ? std::numeric_limits<float>::quiet_NaN() : rng.normal());
  for (int n : {2, 7, 100}) {
    auto s = ui::smoothed(y, n);
    for (int i = 0; i < 300; ++i) {
      double sum = 0;
      int count = 0;
      for (int k = std::max(0, i - n / 2); k <= std::min(299, i + n / 2); ++k)
        if (std::isfinite(y[std::size_t(k)])) sum += double(y[std::size_t(k)]), ++count;
      if (std::isnan(y[std::size_t(i)]))
        REQUIRE(std::isnan(s[std::size_t(i)]));
      else
        REQUIRE(s[std::size_t(i)] == Approx(sum / count).margin(1e-5));
    }
  }
}

TEST_CASE("the pointer finds a point, the legend hides a series, a long series costs no more than its columns") {
  auto spec = line();
  std::optional<ui::PlotHover> hover;
  Stage s([&] { hover = ui::plot(spec, 200); });
  auto area = *s.ui.find("Loss");
  CHECK_FALSE(hover);
  s.feed({move_to({area.x0 + area.width() * .25f, area.centre().y - area.height() * .2f})});
  REQUIRE(hover);
  CHECK(hover->value.x == Approx(25).margin(1));
  CHECK(hover->series == 0);     // the upper one there
  s.click("Loss/loss");
  s.feed({move_to({area.x0 + area.width() * .25f, area.centre().y - area.height() * .2f})});
  REQUIRE(hover);
  CHECK(hover->series == 1);
  s.click("Loss/loss");
  // Half a million points cost like the columns of the panel.
  for (auto& one : spec.series) {
    one.x.clear(), one.y.clear();
    for (int i = 0; i < 250000; ++i) one.x.push_back(float(i)), one.y.push_back(float(i % 97) / 97);
  }
  s.feed({move_to({790, 590})});
  CHECK(s.last_vertices < 20000);
  spec.series = {};
  s.frame();
  CHECK_FALSE(hover);
}

TEST_CASE("the export menu writes where it was told and never over a file") {
  Folder f;
  auto spec = line("ROC, held-out");
  Stage s([&] { ui::plot(spec, 200); });
  std::vector<std::string> files;
  std::vector<std::string> errors;
  ui::set_export_folder((f.path / "new").string());
  ui::set_export_callback([&](const Result<std::string>& r) {
    if (r)
      files.push_back(*r);
    else
      errors.push_back(r.error().message());
  });
  for (const char* kind : {"SVG", "PDF", "PNG", "CSV", "SVG"}) {
    s.click_at(s.ui.find("ROC, held-out")->centre(), window::MouseButton::right);
    s.frame();
    REQUIRE(s.click(std::string("ROC, held-out/Export ") + kind));
    s.frame();
  }
  REQUIRE(files.size() == 5);
  CHECK(errors.empty());
  CHECK(fs::path(files[0]).filename() == "roc-held-out.svg");
  CHECK(fs::path(files[4]).filename() == "roc-held-out-2.svg");
  CHECK(slurp(files[0]).find("<svg") != std::string::npos);
  CHECK(slurp(files[1]).substr(0, 5) == "%PDF-");
  CHECK(slurp(files[2]).substr(1, 3) == "PNG");
  CHECK(slurp(files[3]).substr(0, 19) == "step,loss,accuracy\n");
  CHECK(slurp(files[3]).find("\n25,0.75,0.25\n") != std::string::npos);
  ui::set_export_folder("/proc/nowhere");
  s.click_at(s.ui.find("ROC, held-out")->centre(), window::MouseButton::right);
  s.frame();
  s.click("ROC, held-out/Export PNG");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("/proc/nowhere") != std::string::npos);
  CHECK_FALSE(ui::export_plot(spec, (f.path / "x.gif").string()));
}

TEST_CASE("confusion matrix: hover, click, keys, names, CSV, also with twenty classes") {
  ui::MatrixSpec m{.name = "Confusion", .classes = {"scratches", "inclusion", "pitted, deep"},
                   .counts = {57, 3, 0, 1, 60, 2, 0, 0, 0}};
  std::optional<ui::MatrixCell> clicked;
  float height = 260;
  Stage s([&] {
    if (auto c = ui::confusion_matrix(m, height)) clicked = c;
  });
  CHECK_FALSE(s.ui.find("Confusion/scratches/pitted, deep"));   // zero
  s.click("Confusion/scratches/inclusion");
  REQUIRE(clicked);
  CHECK(clicked->row == 0);
  CHECK(clicked->column == 1);
  s.press(Key::f6);
  s.press(Key::down);
  s.press(Key::right);
  s.press(Key::right);
  s.press(Key::enter);
  CHECK(clicked->row == 1);
  CHECK(clicked->column == 2);
  Folder f;
  REQUIRE(ui::export_matrix(m, (f.path / "m.csv").string()));
  CHECK(slurp(f.path / "m.csv") ==
        "true \\ predicted,scratches,inclusion,\"pitted, deep\"\nscratches,57,3,0\ninclusion,1,60,2\n"
        "\"pitted, deep\",0,0,0\n");
  REQUIRE(ui::export_matrix(m, (f.path / "m.svg").string()));
  m.classes.clear();
  m.counts.assign(400, 0);
  for (int i = 0; i < 20; ++i) m.classes.push_back("a long class name " + std::to_string(i)), m.counts[std::size_t(i) * 21] = 9;
  for (float h : {90.f, 180.f, 320.f}) {
    height = h;
    s.frame();
    s.frame();
    s.click("Confusion/a long class name 13/a long class name 13");
    CHECK(clicked->row == 13);
    CHECK(clicked->column == 13);
  }
  m.counts.assign(400, 0);
  s.frame();
  CHECK_FALSE(s.ui.find("Confusion"));   // says that there is nothing
}

TEST_CASE("histogram counts, its thresholds are dragged and keep their order") {
  std::vector<float> v{0, .05f, .5f, .55f, 1, 2, -1, std::numeric_limits<float>::quiet_NaN()};
  auto bins = ui::bin_values(v, 10, 0, 1);
  CHECK(bins == std::vector<float>{2, 0, 0, 0, 0, 2, 0, 0, 0, 1});
  float ask = .3f, trust = .8f;
  bool changed = false;
  Stage s([&] {
    ui::Threshold t[] = {{"Ask below", &ask}, {"Trust above", &trust}};
    changed = ui::histogram({.name = "Confidence", .bins = bins}, t, 90) || changed;
  });
  auto h = s.ui.find("Confidence/Ask below");
  REQUIRE(h);
  auto area = *s.ui.find("Confidence");
  Vec2 from{h->centre().x, h->centre().y - 10}, to{area.x0 + area.width() * .5f, from.y};
  s.feed({move_to(from), mouse_button(true), move_to(to), mouse_button(false)});
  CHECK(changed);
  CHECK(ask == Approx(.5f).margin(.02));
  from.x = to.x;
  s.feed({move_to(from), mouse_button(true), move_to({area.x1 + 90, from.y}), mouse_button(false)});
  CHECK(ask == trust);
  CHECK(trust == .8f);
}

TEST_CASE("colour maps grow in lightness and take any number") {
  for (auto map : {ui::viridis, ui::cividis}) {
    int last = -1;
    for (int k = 0; k <= 100; ++k) {
      Rgba c = map(float(k) / 100);
      int light = int(c & 255) * 2 + int(c >> 8 & 255) * 7 + int(c >> 16 & 255);
      CHECK(light >= last - 12);
      last = light;
      CHECK(c >> 24 == 255);
    }
    CHECK(map(-1) == map(0));
    CHECK(map(2) == map(1));
    CHECK(map(std::numeric_limits<float>::quiet_NaN()) == map(0));
  }
}

TEST_CASE("numbers on axes carry as many decimals as the range deserves") {
  CHECK(ui::format_on({0, 1}, .9809) == "0.981");
  CHECK(ui::format_on({0, 1}, 1) == "1.000");
  CHECK(ui::format_on({0, 100}, 98.12) == "98.1");
  CHECK(ui::format_value(56896) == "56,896");
  CHECK(ui::format_value(-3) == "−3");
  CHECK(ui::format_value(.00001) == "1.0e-05");
  CHECK(ui::format_value(std::nan("")) == "–");
  CHECK(ui::file_stem("ROC, held-out (5)") == "roc-held-out-5");
  CHECK(ui::file_stem("///") == "plot");
}
