// meltpool query P --strategy margin -k 12
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/query/strategy.h"
#include "ml/service/labelled_sets.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, strategy = "margin";
  int k = 12;
  std::uint64_t seed = 1;
  bool json = false;
};

int run_query(const Options& o) {
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  auto head = fit_head(*p);
  if (!head) return report(head.error());
  const auto labelled = training_labels(*p);
  std::vector<ml::SampleId> ids;
  std::vector<ml::ClassId> cls;
  for (const auto& l : labelled) {
    ids.push_back(l.id);
    cls.push_back(l.cls);
  }
  const auto& pool = *p->data.pool;
  const auto candidates = ml::query_candidates(pool, p->labels, *p->data.features);
  const auto standardised = head->model->standardised();
  ml::QueryInput in;
  in.candidates = candidates;
  in.labelled = ids;
  in.labelled_class = cls;
  in.predictions = labelled.empty() ? nullptr : head->predictions.get();
  in.features = standardised.get();
  in.k = o.k;
  in.seed = o.seed;
  auto picks = ml::query(o.strategy, in);
  if (!picks) return report(picks.error());
  const auto& pr = *head->predictions;
  if (o.json) {
    nlohmann::json j = {{"strategy", o.strategy}, {"labels", labelled.size()}, {"picks", nlohmann::json::array()}};
    for (auto id : *picks) {
      nlohmann::json one = {{"id", id}, {"path", pool.image(id).path}};
      const auto& r = pool.region[id];
      if (pool.layered()) one["region"] = {r.x, r.y, r.w, r.h};
      if (!labelled.empty() && pr.predicted[id] >= 0) {
        one["predicted"] = p->classes[std::size_t(pr.predicted[id])].name;
        one["confidence"] = pr.confidence[id];
        one["margin"] = pr.margin[id];
      }
      j["picks"].push_back(one);
    }
    std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    for (auto id : *picks)
      std::printf("%8u  %s%s\n", id, pool.image(id).path.c_str(),
                  labelled.empty() || pr.predicted[id] < 0 ? "" : ("  " + p->classes[std::size_t(pr.predicted[id])].name + "  margin " + std::to_string(pr.margin[id])).c_str());
    if (picks->empty()) std::printf("nothing left to query: every sample of the pool is labelled\n");
  }
  return kDone;
}

}  // namespace

void add_query(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("query", "Which samples to label next");
  std::vector<std::string> names;
  for (const auto& s : ml::strategies()) names.emplace_back(s.name);
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("-s,--strategy", o->strategy, "Acquisition function")->check(CLI::IsMember(names))->capture_default_str();
  c->add_option("-k", o->k, "How many")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  c->add_option("--seed", o->seed, "For strategies that draw at random")->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_query(*o); });
}

}  // namespace mp::explorer::cli
