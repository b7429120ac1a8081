// meltpool split P --by random|builds|layers|names: which samples are held out.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/service/chosen_split.h"

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
  auto choice = o.choice;
  choice.by = *ml::split_way(o.by);
  const auto chosen = ml::choose_split(*p->data.pool, *p->data.features, choice, cancel_on_interrupt());
  if (!chosen) return report(chosen.error());
  if (!o.dry)
    if (auto saved = p->project->save_splits(chosen->splits); !saved) return report(saved.error());
  if (o.json) {
    std::printf("%s\n", nlohmann::json{{"held_out", chosen->held_out}, {"samples", chosen->splits.size()}, {"torn_layers", chosen->leaks.torn_layers}, {"neighbouring_layers", chosen->leaks.neighbours}, {"near_duplicate_groups", chosen->groups}, {"straddling_groups", chosen->straddling}, {"saved", !o.dry}}.dump().c_str());
    return kDone;
  }
  std::printf("%zu of %zu samples held out%s\n", chosen->held_out, chosen->splits.size(), o.dry ? " (not saved)" : "");
  for (const auto& warning : ml::split_warnings(*chosen)) std::printf("warning: %s\n", warning.c_str());
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
