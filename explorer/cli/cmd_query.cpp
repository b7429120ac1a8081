// meltpool query P --strategy margin -k 12
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/hash.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/query/bald.h"
#include "ml/query/strategy.h"
#include "ml/service/labelled_sets.h"
#include "ml/service/stored_network.h"
#include "ml/train/input_images.h"

namespace mp::explorer::cli {

namespace {

constexpr std::size_t kAtOnce = 256;   // samples

struct Options {
  std::string project, strategy = "margin", network;
  int k = 12;
  std::uint64_t seed = 1;
  bool json = false;
};

/// What a trained network's passes with dropout disagree about, by sample; empty where it has none.
Result<std::vector<float>> ask_network(const Options& o, const OpenedProject& p, std::span<const ml::SampleId> ids) {
  auto stored = ml::load_stored_network(o.project, o.network, 1, true);
  if (!stored) return tl::make_unexpected(stored.error());
  auto& network = *stored->network;
  const int px = network.spec().input_px;
  const auto inputs = ml::make_input_images(p.data.pool);
  std::vector<float> by_sample, features;
  std::vector<std::uint8_t> images, ok;
  for (std::size_t from = 0; from < ids.size(); from += kAtOnce) {
    const auto part = ids.subspan(from, std::min(kAtOnce, ids.size() - from));
    images.resize(part.size() * std::size_t(px) * std::size_t(px));
    ok.assign(part.size(), 0);
    inputs->load(part, px, images, ok);
    const auto rows = network.predict(images, part.size(), &features);
    if (rows.empty()) return fail("cannot ask the network " + stored->name, {}, "predictions", network.last_error());
    const auto passes = network.dropout_passes(features, part.size(), ml::kDropoutPasses, hash_combine(o.seed, from));
    if (passes.empty()) return by_sample;
    const auto scores = ml::disagreement(passes, part.size(), rows.size() / part.size());
    by_sample.resize(p.data.pool->size(), 0.f);
    for (std::size_t i = 0; i < part.size(); ++i)
      if (ok[i]) by_sample[part[i]] = scores[i];
  }
  return by_sample;
}

int report_several(const Options& o, const OpenedProject& p, const std::vector<std::pair<std::string, std::vector<ml::SampleId>>>& all) {
  auto shared = [](const auto& a, const auto& b) { return std::count_if(a.begin(), a.end(), [&](auto id) { return std::find(b.begin(), b.end(), id) != b.end(); }); };
  nlohmann::json j = {{"picks", nlohmann::json::object()}, {"overlap", nlohmann::json::array()}};
  for (const auto& [name, ids] : all) {
    j["picks"][name] = ids;
    if (o.json) continue;
    std::printf("%s:\n", name.c_str());
    for (auto id : ids) std::printf("%8u  %s\n", id, p.data.pool->image(id).path.c_str());
  }
  for (std::size_t a = 0; a < all.size(); ++a)
    for (std::size_t b = a + 1; b < all.size(); ++b) {
      const auto n = shared(all[a].second, all[b].second);
      j["overlap"].push_back({{"a", all[a].first}, {"b", all[b].first}, {"shared", n}});
      if (!o.json) std::printf("%s and %s share %td of %zu\n", all[a].first.c_str(), all[b].first.c_str(), n, all[a].second.size());
    }
  if (o.json) std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  return kDone;
}

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
  std::vector<float> passes;
  // Several strategies: each one's picks, and how many every two share.
  std::vector<std::pair<std::string, std::vector<ml::SampleId>>> all;
  std::stringstream names(o.strategy);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == "bald" && passes.empty() && !labelled.empty()) {
      auto asked = ask_network(o, *p, candidates);
      if (!asked) return report(asked.error());
      passes = std::move(*asked);
      in.disagreement = passes;
    }
    auto answer = ml::query(name, in);
    if (!answer) return report(answer.error());
    all.emplace_back(name, std::move(*answer));
  }
  if (all.size() > 1) return report_several(o, *p, all);
  const auto* picks = &all.front().second;
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
  const CLI::Validator each([one = CLI::IsMember(names)](std::string& text) {
    std::stringstream in(text);
    std::string wrong = text.empty() ? "needs a name" : "";
    for (std::string name; wrong.empty() && std::getline(in, name, ',');) wrong = one(name);
    return wrong;
  }, "NAME,NAME");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("-s,--strategy", o->strategy, "Acquisition function; several, separated by commas, are compared")->check(each)->capture_default_str();
  c->add_option("--network", o->network, "bald: the trained network that is asked (default: the one trained last)");
  c->add_option("-k", o->k, "How many")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  c->add_option("--seed", o->seed, "For strategies that draw at random")->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_query(*o); });
}

}  // namespace mp::explorer::cli
