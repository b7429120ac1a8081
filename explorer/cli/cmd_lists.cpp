// meltpool lists P --what mislabelled|exact-duplicates|near-duplicates|outliers
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/service/sample_lists.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, what = "mislabelled";
  bool json = false;
};

/// Labelled samples that leave-one-out would call another class, the surest first.
Result<ml::SampleList> mislabelled(const OpenedProject& p) {
  auto head = fit_head(p);
  if (!head) return tl::make_unexpected(head.error());
  const auto labelled = training_labels(p);
  const auto loo = head->model->leave_one_out();
  const std::size_t c = p.classes.size();
  std::vector<std::pair<float, ml::SampleId>> found;
  for (std::size_t i = 0; c > 1 && i < labelled.size() && loo.size() == labelled.size() * c; ++i) {
    const float* row = loo.data() + i * c;
    const float lead = *std::max_element(row, row + c) - row[labelled[i].cls];
    if (lead > 0) found.push_back({-lead, labelled[i].id});
  }
  std::sort(found.begin(), found.end());
  ml::SampleList list;
  for (const auto& [lead, id] : found) list.ids.push_back(id);
  return list;
}

int run_lists(const Options& o) {
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  const auto& pool = *p->data.pool;
  const auto list = o.what == "mislabelled" ? mislabelled(*p) : ml::sample_list(o.what, pool, *p->data.features, cancel_on_interrupt());
  if (!list) return report(list.error());
  if (o.json) {
    nlohmann::json j = {{"list", o.what}, {"samples", nlohmann::json::array()}, {"groups", list->groups}, {"straddling", list->straddling}};
    for (auto id : list->ids) j["samples"].push_back({{"id", id}, {"path", pool.image(id).path}});
    std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return kDone;
  }
  for (auto id : list->ids) std::printf("%8u  %s\n", id, pool.image(id).path.c_str());
  std::printf("%zu samples", list->ids.size());
  if (!list->groups.empty()) std::printf(" in %zu groups", list->groups.size());
  std::printf("\n");
  if (list->straddling) std::printf("warning: %zu groups lie on both sides of the held-out split; its figures are too good (see meltpool split)\n", list->straddling);
  return kDone;
}

}  // namespace

void add_lists(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("lists", "Samples that deserve a look: likely mislabelled, duplicates, outliers");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("--what", o->what, "Which list")->check(CLI::IsMember({"mislabelled", "exact-duplicates", "near-duplicates", "outliers"}))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_lists(*o); });
}

}  // namespace mp::explorer::cli
