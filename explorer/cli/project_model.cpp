#include "explorer/cli/project_model.h"

#include <csignal>
#include <cstdio>
#include <limits>
#include <unistd.h>

#include "ml/service/head_options.h"
#include "ml/service/labelled_sets.h"

namespace mp::explorer::cli {

namespace {

volatile std::sig_atomic_t g_interrupted = 0;
const CancelToken& interrupt_token() {
  static const CancelToken token;
  return token;
}

extern "C" void on_interrupt(int) {
  if (g_interrupted) _exit(130);
  g_interrupted = 1;
  interrupt_token().cancel();   // one relaxed atomic store
}

}  // namespace

CancelToken cancel_on_interrupt() {
  (void)interrupt_token();      // made before a signal can come
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  return interrupt_token();
}

void ProgressBar::show(double done, double total, double eta_s, const std::string& detail) {
  terminal_ = isatty(STDERR_FILENO);
  char text[200];
  constexpr int kWidth = 24;
  const double share = total > 0 ? std::min(1.0, done / total) : 0;
  std::string bar(std::size_t(share * kWidth), '#');
  bar.resize(kWidth, '.');
  char eta[48] = "";
  if (eta_s >= 0) {
    if (eta_s < 90)
      std::snprintf(eta, sizeof eta, "  %.0f s left", eta_s);
    else
      std::snprintf(eta, sizeof eta, "  %.0f min left", eta_s / 60);
  }
  std::snprintf(text, sizeof text, "%s [%s] %.0f/%.0f%s%s%s", what_.c_str(), bar.c_str(), done, total, eta, detail.empty() ? "" : "  ", detail.c_str());
  last_ = text;
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[2K%s", text);
    std::fflush(stderr);
  }
  shown_ = true;
}

void ProgressBar::finish() {
  if (!shown_) return;
  std::fprintf(stderr, terminal_ ? "\n" : "%s\n", last_.c_str());
  shown_ = false;
}

Result<OpenedProject> open_project(const std::string& dir, ml::OpenMode mode) {
  auto project = ml::Project::open(dir, mode);
  if (!project) return tl::make_unexpected(project.error());
  OpenedProject p;
  p.project = std::move(*project);
  ProgressBar bar("rebuilding caches");
  ml::ImportHooks hooks;
  hooks.progress = [&](const ml::ImportProgress& e) {
    if (e.files_total) bar.show(double(e.files_done), double(e.files_total), e.eta_s);
  };
  hooks.cancel = cancel_on_interrupt();
  auto data = ml::load_project_data(*p.project, hooks);
  bar.finish();
  if (!data) return tl::make_unexpected(data.error());
  p.data = std::move(*data);
  auto classes = p.project->load_classes();
  if (!classes) return tl::make_unexpected(classes.error());
  p.classes = std::move(*classes);
  auto labels = p.project->load_labels();
  if (!labels) return tl::make_unexpected(labels.error());
  p.labels = std::move(*labels);
  p.labels.resize(p.data.pool->size());
  return p;
}

std::vector<ml::Labelled> training_labels(const OpenedProject& p) {
  return ml::fit_set(*p.data.pool, p.labels, p.data.features.get());
}

Result<FittedHead> fit_head(const OpenedProject& p) {
  std::vector<ml::SampleId> pool;
  for (ml::SampleId i = 0; i < p.data.pool->size(); ++i)
    if (p.data.pool->split[i] == ml::Split::pool && p.data.features->valid[i]) pool.push_back(i);
  FittedHead r;
  ml::InstantOptions options;
  ml::set_head_options(options, *p.data.features, *p.data.pool, ml::default_group_by(*p.data.pool));
  r.model = std::make_unique<ml::InstantModel>(p.data.features, pool, options);
  const auto labelled = training_labels(p);
  auto predictions = r.model->refit(labelled, std::max<int>(1, int(p.classes.size())), p.labels.revision);
  if (!predictions) return tl::make_unexpected(predictions.error());
  r.predictions = std::move(*predictions);
  return r;
}

ml::Evaluation evaluate_held_out(const OpenedProject& p, const ml::Predictions& predictions) {
  std::vector<float> probability;
  std::vector<ml::ClassId> truth;
  for (const auto& l : ml::held_out_truth(*p.data.pool, training_labels(p), p.data.features.get(), std::numeric_limits<std::size_t>::max(), 1)) {
    if (l.id >= predictions.n || l.cls >= predictions.classes) continue;
    const auto* row = predictions.probability.data() + std::size_t(l.id) * std::size_t(predictions.classes);
    probability.insert(probability.end(), row, row + predictions.classes);
    truth.push_back(l.cls);
  }
  if (truth.empty()) return {};
  auto e = ml::evaluate(probability, truth, predictions.classes);
  e.intervals = ml::bootstrap(probability, truth, predictions.classes);
  e.basis = "held-out part, " + std::to_string(truth.size()) + " samples";
  return e;
}

}  // namespace mp::explorer::cli
