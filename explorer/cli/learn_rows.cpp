#include "explorer/cli/learn_rows.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/ui/plots.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/output_file.h"
#include "ml/metrics/student.h"

namespace mp::explorer::cli {

namespace {

using nlohmann::json;
constexpr Rgba kColours[] = {rgba(230, 159, 0), rgba(86, 180, 233), rgba(0, 158, 115), rgba(204, 121, 167), rgba(0, 114, 178), rgba(213, 94, 0), rgba(120, 120, 120)};

json to_json(const std::vector<LearnPoint>& points) {
  json j = json::array();
  for (const auto& p : points) {
    json values = json::array();
    for (double v : p.measures.value) values.push_back(std::isfinite(v) ? json(v) : json(nullptr));
    j.push_back({{"labels", p.labels}, {"tested_on", p.tested_on}, {"measures", values}, {"more", p.more}});
  }
  return j;
}

std::vector<LearnPoint> from_json(const json& j) {
  std::vector<LearnPoint> points;
  for (const auto& one : j) {
    LearnPoint p{one.at("labels"), one.at("tested_on"), {}, one.value("more", std::map<std::string, double>())};
    const auto& values = one.at("measures");
    for (std::size_t k = 0; k < p.measures.value.size(); ++k) p.measures.value[k] = values.at(k).is_null() ? std::nan("") : values.at(k).get<double>();
    points.push_back(std::move(p));
  }
  return points;
}

}  // namespace

Measures measures_of(const ml::Evaluation& e) { return {{e.accuracy, e.macro_precision, e.macro_recall, e.macro_f1, e.auc, e.pr_auc, e.ece}}; }

Measures measures_of_class(const ml::Evaluation& e, std::size_t c) {
  return {{e.accuracy, e.precision[c], e.recall[c], e.f1[c], e.roc[c].auc, e.pr[c].average_precision, e.ece}};
}

Result<LearnRows> LearnRows::open(std::string network, const std::string& identity, const std::string& resume) {
  LearnRows r;
  r.network_ = std::move(network);
  r.identity_ = identity;
  r.resume_ = resume;
  if (resume.empty()) return r;
  if (auto ok = check_lines(resume, "{\"points\":", "bench learn --resume"); !ok) return tl::make_unexpected(ok.error());
  std::ifstream in(resume);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    // A line that was cut off by a crash is the last one; its seed runs again.
    const auto j = json::parse(line, nullptr, false);
    if (j.is_discarded()) continue;
    try {
      if (j.at("run") == identity) r.done_[{j.at("strategy"), j.at("seed")}] = from_json(j.at("points"));
    } catch (const json::exception&) {
      return fail("this is no file of finished seeds", resume, "lines that bench learn wrote", "line " + std::to_string(number), "give another file to --resume");
    }
  }
  return r;
}

Result<void> LearnRows::add(const std::string& strategy, std::uint64_t seed, std::vector<LearnPoint> points) {
  if (!resume_.empty()) {
    const json line{{"run", identity_}, {"strategy", strategy}, {"seed", seed}, {"points", to_json(points)}};
    if (auto kept = append_line(resume_, line.dump()); !kept) return kept;
  }
  done_[{strategy, seed}] = std::move(points);
  return {};
}

double LearnRows::Row::mean(std::size_t k) const {
  double sum = 0;
  for (const auto& m : seeds) sum += m.value[k];
  return sum / double(seeds.size());
}

double LearnRows::Row::deviation(std::size_t k) const {
  double sum = 0;
  for (const auto& m : seeds) sum += (m.value[k] - mean(k)) * (m.value[k] - mean(k));
  return std::sqrt(sum / double(seeds.size()));
}

double LearnRows::Row::half_band(std::size_t k) const {
  return seeds.size() < 2 ? 0 : ml::student_95(seeds.size() - 1) * deviation(k) / std::sqrt(double(seeds.size() - 1));
}

std::vector<LearnRows::Row> LearnRows::rows(const std::string& strategy) const {
  std::vector<Row> out;
  for (const auto& [key, points] : done_) {
    if (key.first != strategy) continue;
    for (const auto& p : points) {
      auto row = std::find_if(out.begin(), out.end(), [&](const Row& r) { return r.tested_on == p.tested_on && r.labels == p.labels; });
      if (row == out.end()) row = out.insert(out.end(), Row{p.tested_on, p.labels, {}, {}});
      row->seeds.push_back(p.measures);
      for (const auto& [name, value] : p.more) row->more[name] += value;
    }
  }
  return out;
}

void LearnRows::print(bool as_json, const std::vector<std::string>& strategies, double needed) const {
  for (const auto& strategy : strategies) {
    const auto all = rows(strategy);
    for (const auto& r : all) {
      json extra = {{"network", network_}, {"strategy", strategy}, {"labels", r.labels}, {"accuracy_mean", r.mean(0)}, {"accuracy_std", r.deviation(0)}, {"accuracy_ci95", r.half_band(0)}, {"seeds", r.seeds.size()}, {"tested_on", r.tested_on}};
      for (std::size_t k = 1; k < Measures::kNames.size(); ++k) {
        extra[Measures::kNames[k]] = r.mean(k);
        extra[std::string(Measures::kNames[k]) + "_std"] = r.deviation(k);
      }
      for (const auto& [name, sum] : r.more) extra[name] = sum / double(r.seeds.size());
      print_row(as_json, "learn.accuracy", r.mean(0), "share", r.seeds.size(), cpu_name(), extra);
    }
    // The curve's own counts are the resolution.
    for (std::size_t k = 0; needed > 0 && k < Measures::kNames.size(); ++k) {
      if (std::string(Measures::kNames[k]) == "ece") continue;
      const auto enough = std::find_if(all.begin(), all.end(), [&](const Row& r) { return r.tested_on == "clean" && r.mean(k) >= needed; });
      if (enough != all.end())
        print_row(as_json, "learn.labels_needed", enough->labels, "labels", enough->seeds.size(), cpu_name(), {{"network", network_}, {"strategy", strategy}, {"measure", Measures::kNames[k]}, {"reaches", needed}});
    }
  }
}

Result<void> LearnRows::write_csv(const std::string& file, const std::vector<std::string>& strategies) const {
  std::ofstream out(file);
  out << "network,strategy,labels,accuracy_mean,accuracy_std,seeds,tested_on";
  for (std::size_t k = 1; k < Measures::kNames.size(); ++k) out << ',' << Measures::kNames[k];
  out << '\n';
  for (const auto& strategy : strategies)
    for (const auto& r : rows(strategy)) {
      out << network_ << ',' << strategy << ',' << r.labels << ',' << r.mean(0) << ',' << r.deviation(0) << ',' << r.seeds.size() << ',' << r.tested_on;
      for (std::size_t k = 1; k < Measures::kNames.size(); ++k) out << ',' << r.mean(k);
      out << '\n';
    }
  if (!out.flush()) return fail("cannot write", file, {}, {}, "Choose a folder that can be written");
  return {};
}

Result<void> LearnRows::write_plot(const std::string& file, const std::vector<std::string>& strategies) const {
  ui::PlotSpec spec;
  spec.name = "accuracy against labels";
  spec.x.label = "labels";
  spec.y.label = "accuracy (%)";
  spec.y.min = spec.y.max = 100;
  std::size_t colour = 0;
  for (const auto& strategy : strategies) {
    std::map<std::string, ui::Series> by_condition;
    for (const auto& r : rows(strategy)) {
      auto& s = by_condition[r.tested_on];
      s.x.push_back(float(r.labels));
      s.y.push_back(float(r.mean(0) * 100));
      s.low.push_back(float((r.mean(0) - r.half_band(0)) * 100));
      s.high.push_back(float(std::min(1., r.mean(0) + r.half_band(0)) * 100));
    }
    for (auto& [condition, s] : by_condition) {
      s.name = condition == "clean" ? strategy : strategy + ", " + condition;
      s.colour = kColours[colour++ % std::size(kColours)];
      s.points = s.x.size() < 30;
      spec.series.push_back(std::move(s));
    }
  }
  return ui::export_plot(spec, file);
}

}  // namespace mp::explorer::cli
