// meltpool split P --by random|builds|layers|names: which samples are held out.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/data/split_by.h"
#include "ml/service/sample_lists.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, by = "random";
  ml::SplitChoice choice;
  bool dry = false, json = false;
};

int run_split(const Options& o) {
  auto p = open_project(o.project, o.dry ? ml::OpenMode::write_or_read : ml::OpenMode::write);
  if (!p) return report(p.error());
  static const std::map<std::string, ml::SplitBy> ways = {{"random", ml::SplitBy::random}, {"builds", ml::SplitBy::builds}, {"layers", ml::SplitBy::layers}, {"names", ml::SplitBy::names}};
  auto choice = o.choice;
  choice.by = ways.at(o.by);
  const auto splits = ml::split_by(*p->data.pool, choice);
  if (!splits) return report(splits.error());

  auto pool = *p->data.pool;
  pool.split = *splits;
  const auto leaks = ml::layer_leaks(pool, *splits);
  std::size_t duplicates = 0, groups = 0;
  if (auto list = ml::sample_list("near-duplicates", pool, *p->data.features, cancel_on_interrupt())) {
    duplicates = list->straddling;
    groups = list->groups.size();
  }
  const auto held = std::size_t(std::count(splits->begin(), splits->end(), ml::Split::held_out));
  if (!o.dry)
    if (auto saved = p->project->save_splits(*splits); !saved) return report(saved.error());
  if (o.json) {
    std::printf("%s\n", nlohmann::json{{"held_out", held}, {"samples", splits->size()}, {"torn_layers", leaks.torn_layers}, {"neighbouring_layers", leaks.neighbours}, {"near_duplicate_groups", groups}, {"straddling_groups", duplicates}, {"saved", !o.dry}}.dump().c_str());
    return kDone;
  }
  std::printf("%zu of %zu samples held out%s\n", held, splits->size(), o.dry ? " (not saved)" : "");
  if (leaks.torn_layers) std::printf("warning: %zu layers have patches on both sides; neighbouring patches leak into the test. Split by layers instead\n", leaks.torn_layers);
  if (leaks.neighbours) std::printf("note: %zu held-out layers lie next to one that is not\n", leaks.neighbours);
  if (duplicates) std::printf("warning: %zu of %zu groups of near duplicates lie on both sides: figures on the held-out part will be too good\n", duplicates, groups);
  return kDone;
}

}  // namespace

void add_split(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("split", "Choose which samples are held out: never trained on, never queried");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("--by", o->by, "random (of each class), builds, blocks of layers, stretches of names")->check(CLI::IsMember({"random", "builds", "layers", "names"}))->capture_default_str();
  c->add_option("--share", o->choice.share, "Share to hold out")->check(CLI::Range(.01, .9))->capture_default_str();
  c->add_option("--block", o->choice.block_layers, "Layers of a block (default: a tenth of the build, at most 50)")->check(CLI::Range(1, 100'000));
  c->add_option("--from", o->choice.from, "With --by names: hold out this file and all up to --to");
  c->add_option("--to", o->choice.to, "The last one of them");
  c->add_option("--seed", o->choice.seed, "Another random choice")->capture_default_str();
  c->add_flag("--dry-run", o->dry, "Say what it would be, change nothing");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_split(*o); });
}

}  // namespace mp::explorer::cli
