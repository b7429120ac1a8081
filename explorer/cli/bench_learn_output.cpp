// See bench_learn.h: rows, predictions and the plot.
#include <array>
#include <cmath>

#include "engine/ui/plots.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/bench_row.h"
#include "ml/data/csv.h"
#include "ml/data/utf8.h"

namespace mp::explorer::cli {

double mean_of(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x;
  return v.empty() ? 0 : sum / double(v.size());
}

double deviation_of(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += (x - mean_of(v)) * (x - mean_of(v));
  return v.empty() ? 0 : std::sqrt(sum / double(v.size()));
}

void put_row(const LearnOptions& o, LearnOutput& out, const std::string& strategy, const LearnRow& row) {
  const double mean = mean_of(row.accuracy), deviation = deviation_of(row.accuracy);
  nlohmann::json extra{{"network", o.network}, {"strategy", strategy}, {"labels", row.labels}, {"accuracy_mean", mean}, {"accuracy_std", deviation}, {"seeds", row.accuracy.size()}};
  for (const auto& [name, value] : row.more) extra[name] = value;
  print_row(o.json, "learn.accuracy", mean, "share", row.accuracy.size(), cpu_name(), extra);
  if (out.csv.is_open()) out.csv << o.network << ',' << strategy << ',' << row.labels << ',' << mean << ',' << deviation << ',' << row.accuracy.size() << '\n';
  out.curves[strategy].push_back(row);
}

void put_prediction(LearnOutput& out, const OpenedProject& p, const std::string& strategy, std::uint64_t seed, ml::SampleId id, ml::Split split, ml::ClassId truth, ml::ClassId predicted) {
  if (!out.predictions.is_open()) return;
  auto name = [&](ml::ClassId c) { return c >= 0 && std::size_t(c) < p.classes.size() ? ml::csv_field(p.classes[std::size_t(c)].name) : std::string(); };
  out.predictions << seed << ',' << ml::csv_field(ml::percent_encode(p.data.pool->image(id).path)) << ',' << ml::name_of(split) << ',' << name(truth) << ',' << name(predicted);
  if (out.several) out.predictions << ',' << strategy;
  out.predictions << '\n';
}

Result<void> write_learn_plot(const LearnOutput& out, const std::string& file) {
  constexpr std::array<Rgba, 6> kColours{rgba(0, 114, 178), rgba(213, 94, 0), rgba(0, 158, 115), rgba(204, 121, 167), rgba(230, 159, 0), rgba(86, 180, 233)};
  ui::PlotSpec plot{.name = "learning curve", .x = {.label = "labels"}, .y = {.label = "accuracy on the test part", .min = 1, .max = 0}};
  for (const auto& [strategy, rows] : out.curves) {
    ui::Series s{.name = strategy, .colour = kColours[plot.series.size() % kColours.size()], .points = true};
    for (const auto& r : rows) {
      const double mean = mean_of(r.accuracy), n = double(r.accuracy.size());
      const double half = n > 1 ? 1.96 * deviation_of(r.accuracy) / std::sqrt(n - 1) : 0;
      s.x.push_back(float(r.labels));
      s.y.push_back(float(mean));
      s.low.push_back(float(mean - half));
      s.high.push_back(float(std::min(1., mean + half)));
    }
    plot.series.push_back(std::move(s));
  }
  return ui::export_plot(plot, file);
}

}  // namespace mp::explorer::cli
