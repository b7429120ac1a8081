// meltpool status P
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"

namespace mp::explorer::cli {

namespace {

nlohmann::json evaluation_json(const ml::Evaluation& e, const ml::ClassTable& classes) {
  using nlohmann::json;
  json j = {{"accuracy", e.accuracy}, {"auc", e.auc}, {"pr_auc", e.pr_auc}, {"ece", e.ece}, {"n", e.n}, {"basis", e.basis},
            {"macro_precision", e.macro_precision}, {"macro_recall", e.macro_recall}, {"macro_f1", e.macro_f1},
            {"weighted_precision", e.weighted_precision}, {"weighted_recall", e.weighted_recall}, {"weighted_f1", e.weighted_f1}};
  if (e.intervals.resamples) {
    auto range = [](const ml::Interval& i) { return json::array({i.low, i.high}); };
    j["intervals"] = {{"resamples", e.intervals.resamples}, {"accuracy", range(e.intervals.accuracy)}, {"macro_f1", range(e.intervals.macro_f1)}, {"auc", range(e.intervals.auc)}};
  }
  json by_class = json::object();
  for (std::size_t c = 0; c < std::size_t(e.classes) && c < classes.size(); ++c)
    by_class[classes[c].name] = {{"precision", e.precision[c]}, {"recall", e.recall[c]}, {"f1", e.f1[c]}, {"support", e.support[c]}, {"auc", e.roc[c].auc}, {"average_precision", e.pr[c].average_precision}};
  j["by_class"] = by_class;
  return j;
}

int run_status(const std::string& dir, bool json_output, bool evaluate) {
  auto p = open_project(dir, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  const auto& pool = *p->data.pool;
  std::vector<std::size_t> labels(p->classes.size()), source(p->classes.size());
  std::size_t labelled = 0, held_out = 0;
  for (ml::SampleId i = 0; i < pool.size(); ++i) {
    if (p->labels.labelled(i)) {
      ++labelled;
      if (std::size_t(p->labels.cls[i]) < labels.size()) ++labels[std::size_t(p->labels.cls[i])];
    }
    if (pool.source_class[i] >= 0 && std::size_t(pool.source_class[i]) < source.size()) ++source[std::size_t(pool.source_class[i])];
    held_out += pool.split[i] == ml::Split::held_out;
  }
  std::optional<ml::Evaluation> e;
  if (evaluate && labelled) {
    auto head = fit_head(*p);
    if (!head) return report(head.error());
    e = evaluate_held_out(*p, *head->predictions);
  }
  const auto boxes = p->project->load_boxes();
  if (!boxes) return report(boxes.error());
  std::size_t box_count[3] = {};
  for (const auto& b : boxes->boxes) ++box_count[int(b.status)];
  auto imports = p->project->load_imports();
  bool unfinished = false;
  if (imports)
    for (const auto& i : *imports) unfinished |= !i.finished;
  if (json_output) {
    using nlohmann::json;
    json bad = json::array(), notes = json::array(), l = json::object(), s = json::object();
    for (const auto& b : p->data.bad) bad.push_back({{"path", b.path}, {"reason", b.reason}});
    for (const auto& i : pool.images)
      if (!i.note.empty()) notes.push_back({{"path", i.path}, {"note", i.note}});
    for (std::size_t c = 0; c < labels.size(); ++c) {
      if (labels[c]) l[p->classes[c].name] = labels[c];
      if (source[c]) s[p->classes[c].name] = source[c];
    }
    json j = {{"samples", pool.size()}, {"images", pool.images.size()}, {"layers", pool.layers.size()}, {"bad", bad}, {"notes", notes}, {"labels", l}, {"source_labels", s},
              {"classes", json::array()}, {"held_out", held_out}, {"label_revision", p->labels.revision}, {"labels_hidden", pool.labels_hidden},
              {"read_only", p->project->read_only()}, {"import_unfinished", unfinished}};
    for (const auto& c : p->classes) j["classes"].push_back(c.name);
    j["boxes"] = {{"proposed", box_count[0]}, {"accepted", box_count[1]}, {"rejected", box_count[2]}, {"checked_images", boxes->checked.size()}};
    if (p->project->read_only()) j["why_read_only"] = p->project->why_read_only();
    if (e && e->n) j["evaluation"] = evaluation_json(*e, p->classes);
    std::printf("%s\n", j.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
    return kDone;
  }
  std::printf("%zu samples from %zu images", pool.size(), pool.images.size());
  if (pool.layered()) std::printf(", %zu layers", pool.layers.size());
  std::printf(", %zu labelled, %zu held out\n", labelled, held_out);
  if (!boxes->boxes.empty() || !boxes->checked.empty())
    std::printf("boxes: %zu accepted, %zu proposed, %zu rejected, complete on %zu images\n", box_count[1], box_count[0], box_count[2], boxes->checked.size());
  for (std::size_t c = 0; c < p->classes.size(); ++c)
    std::printf("  %-28s %7zu labelled%s\n", p->classes[c].name.c_str(), labels[c], source[c] ? (", " + std::to_string(source[c]) + " in the source").c_str() : "");
  for (const auto& i : pool.images)
    if (!i.note.empty()) std::printf("  note: %s: %s\n", i.path.c_str(), i.note.c_str());
  for (const auto& b : p->data.bad) std::printf("  bad: %s: %s\n", b.path.c_str(), b.reason.c_str());
  if (e && e->n) {
    std::printf("accuracy %.4f (95 %% of resamples %.4f to %.4f), macro F1 %.4f, AUC %.4f, PR-AUC %.4f, calibration error %.4f (%s)\n", e->accuracy, e->intervals.accuracy.low,
                e->intervals.accuracy.high, e->macro_f1, e->auc, e->pr_auc, e->ece, e->basis.c_str());
    for (std::size_t c = 0; c < std::size_t(e->classes) && c < p->classes.size(); ++c)
      if (e->support[c]) std::printf("  %-28s precision %.4f, recall %.4f, F1 %.4f, n %d\n", p->classes[c].name.c_str(), e->precision[c], e->recall[c], e->f1[c], e->support[c]);
  }
  if (unfinished) std::printf("an import is not finished: run it again to continue\n");
  if (p->project->read_only()) std::printf("read-only: %s\n", p->project->why_read_only().c_str());
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, int& exit) {
  struct Options {
    std::string project;
    bool json = false, evaluate = false;
  };
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("status", "What is in a project: samples, layers, labels, files that were left out and why");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->add_flag("--evaluate", o->evaluate, "Also fit the instant head and evaluate it on the held-out source labels");
  c->callback([o, &exit] { exit = run_status(o->project, o->json, o->evaluate); });
}

}  // namespace mp::explorer::cli
