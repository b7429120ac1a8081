// The background tier: start, pause, stop, live loss and accuracy.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"
#include "explorer/panels/training_plots.h"
#include "ml/train/train_settings.h"

namespace mp::explorer {

namespace {

std::string why_not(const State& s) {
  int classes = 0;
  for (auto n : s.labels_per_class) classes += n > 0;
  if (classes == 0) return "Label some samples first: training needs two classes";
  if (classes == 1) return "One class only: label samples of a second class first";
  return {};
}

/// A choice among texts; true when the person took another one.
bool choose(const char* label, std::string& value, std::initializer_list<std::pair<const char*, std::string_view>> choices, std::string_view tooltip) {
  std::vector<std::string_view> shown;
  int index = 0;
  for (const auto& [name, meaning] : choices) {
    if (meaning == value) index = int(shown.size());
    shown.push_back(name);
  }
  const bool changed = ui::combo(label, index, shown);
  ui::tooltip(tooltip);
  if (changed) value = (choices.begin() + index)->second;
  return changed;
}

/// The same among numbers; one that is not in the list (of a file or a script) stands below it.
template <class T>
bool choose_number(const char* label, T& value, std::initializer_list<std::pair<const char*, T>> choices, std::string_view tooltip) {
  std::vector<std::string_view> shown;
  int index = -1;
  for (const auto& [name, number] : choices) {
    if (std::abs(number - value) <= std::abs(value) * T(1e-6)) index = int(shown.size());
    shown.push_back(name);
  }
  char other[32];
  std::snprintf(other, sizeof other, "%g", double(value));
  if (index < 0) {
    index = int(shown.size());
    shown.push_back(other);
  }
  const bool changed = ui::combo(label, index, shown) && index < int(choices.size());
  ui::tooltip(tooltip);
  if (changed) value = (choices.begin() + index)->second;
  return changed;
}

/// The file of weights: typed, taken with Enter.
bool weights_file(ml::TrainSettings& s) {
  static std::string text, of;   // how the panel looks until Enter
  if (of != s.weights) text = of = s.weights;
  ui::text_field("##Weights", text, "weights: .safetensors, .pth or .h5, Enter");
  bool changed = ui::text_field_entered() && text != s.weights;
  ui::tooltip("File that training starts from; what does not fit the network is named. Empty: none");
  if (changed) s.weights = of = text;
  if (!s.weights.empty()) changed |= ui::toggle("Trust TorchScript", s.trust, "TorchScript can run code: only for files of your own");
  return changed;
}

bool more_settings(ml::TrainSettings& s) {
  bool changed = choose_number<int>("Input", s.input_px, {{"64 px", 64}, {"100 px", 100}, {"128 px", 128}, {"200 px (published)", 200}, {"224 px", 224}}, "Side of the network's input: the time grows with its square");
  changed |= choose("Optimiser", s.optimiser, {{"network's own", "own"}, {"Adam", "adam"}, {"AdamW", "adamw"}, {"SGD", "sgd"}, {"RMSprop", "rmsprop"}}, "How a step follows the gradient");
  changed |= choose_number<float>("Learning rate", s.learning_rate, {{"0.01", 1e-2f}, {"0.003", 3e-3f}, {"0.001", 1e-3f}, {"0.0003", 3e-4f}, {"0.0001", 1e-4f}, {"0.00001", 1e-5f}}, "Of the first step; networks with batch norm take three times as much");
  changed |= choose_number<int>("Batch size", s.batch, {{"4", 4}, {"8", 8}, {"16", 16}, {"32", 32}, {"64", 64}, {"128", 128}, {"256", 256}}, "Images a step");
  changed |= choose("Schedule", s.schedule, {{"network's own", "own"}, {"constant", "constant"}, {"inverse time", "inverse-time"}, {"cosine", "cosine"}, {"on plateau", "plateau"}}, "How the learning rate falls");
  changed |= choose_number<float>("Weight decay", s.l2, {{"network's own", -1.f}, {"none", 0.f}, {"0.0001", 1e-4f}, {"0.001", 1e-3f}, {"0.01", 1e-2f}, {"0.1", .1f}}, "L2 on the weights");
  changed |= choose_number<float>("Average of weights", s.average, {{"network's own", -1.f}, {"none", 0.f}, {"over 10 steps", .9f}, {"over 100 steps", .99f}, {"over 500 steps", .998f}}, "Moving average (EMA) of the weights, which serves instead of the last ones");
  changed |= weights_file(s);
  changed |= choose_number<int>("Starts from", s.pretrain, {{"random weights", 0}, {"the pool, 5 passes", 5}, {"the pool, 20 passes", 20}, {"the pool, 50 passes", 50}}, "Learns from the unlabelled images first (SimCLR): which two pictures are views of one image");
  changed |= choose("Trains", s.part, {{"whole network", "whole"}, {"last block", "last-block"}, {"head only", "head"}}, "What moves: with weights of elsewhere the rest may stay as it is");
  changed |= choose_number<int>("Early stop", s.patience, {{"never", 0}, {"after 5 epochs", 5}, {"after 10 epochs", 10}, {"after 20 epochs", 20}}, "Ends after so many epochs without a better one; the best is kept");
  changed |= choose_number<float>("Stop at", s.stop_accuracy, {{"no accuracy", 0.f}, {"90 %", .9f}, {"95 % (published)", .95f}, {"97 %", .97f}, {"98 %", .98f}, {"99 %", .99f}}, "Ends a round at this validation accuracy");
  changed |= choose("Output", s.output, {{"softmax", "softmax"}, {"sigmoid (two classes)", "sigmoid"}}, "Sigmoid: one output and binary cross entropy, for two classes");
  changed |= choose_number<int>("Folds", s.folds, {{"3", 3}, {"5", 5}, {"10", 10}}, "Without held-out samples one fold of the labels chooses the epoch and measures");
  changed |= choose("Device", s.device, {{"CPU", "cpu"}, {"CUDA", "cuda"}}, "CUDA needs a LibTorch that was built with it");
  changed |= choose_number<float>("Guide by boxes", s.guide, {{"no", 0.f}, {"a little", .3f}, {"as much as labels", 1.f}, {"more", 3.f}}, "Pulls the maps of gapc, gmpc, bn-gapc and resnet18 into the accepted boxes: a tenth of the images with boxes is enough");
  changed |= ui::toggle("Change images", s.augment, "Flips, turns and brightness as the network's plan says: each step sees other views");
  changed |= ui::toggle("Balance classes", s.balance, "A rare class counts as much as a frequent one");
  return changed;
}

}  // namespace

void training_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto& t = s.training;
  char text[96] = "";
  if (t.running)
    std::snprintf(text, sizeof text, "%.0f img/s", t.images_per_s);
  else if (!t.error.empty())
    std::snprintf(text, sizeof text, "round %d failed", t.round);
  else if (t.rounds_done)
    std::snprintf(text, sizeof text, "round %d done", t.round);
  ui::section("Training", text);
  if (t.on) {
    std::snprintf(text, sizeof text, t.paused ? "%s, round %d, paused" : t.pretraining ? "%s, before round %d" : "%s, round %d", t.settings.network.c_str(), std::max(1, t.round));
    const std::string title = text;
    std::snprintf(text, sizeof text, t.pretraining ? "pool, pass %d / %d" : "epoch %d / %d", t.epoch, t.epochs);
    ui::progress(title, t.epochs > 0 ? float(t.epoch) / float(t.epochs) : 0, text);
  }
  auto settings = t.settings;
  bool changed = false;
  if (!t.on) {
    const auto& choices = ml::network_choices();
    std::vector<std::string_view> names(choices.begin(), choices.end());
    int index = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == settings.network) index = int(i);
    if (ui::combo("Network", index, names)) {
      settings.network = names[std::size_t(index)];
      changed = true;
    }
    changed |= ui::slider_int("Epochs", settings.epochs, 1, 200);
  }
  const float half = (ui::available_width() - ui::px(8)) / 2;
  if (!t.on) {
    const auto why = why_not(s);
    if (ui::button("Train", true, half, why)) c.commands.push_back(cmd::Train{});
    static bool open = false;  // how the panel looks, not what it does
    ui::same_line(ui::px(8));
    if (ui::button("Options", false, half)) open = !open;
    ui::tooltip("Input, optimiser, learning rate, weights to start from, when to stop, device");
    if (open) changed |= more_settings(settings);
    if (changed) c.commands.push_back(cmd::SetTraining{settings});
  } else {
    if (ui::button(t.paused ? "Resume" : "Pause", false, half)) c.commands.push_back(cmd::PauseTraining{!t.paused});
    ui::same_line(ui::px(8));
    if (ui::button("Stop", false, half)) c.commands.push_back(cmd::StopTraining{});
  }
  if (!t.step_x.empty()) {
    ui::plot(loss_plot(s), ui::px(120));
    if (!t.epoch_x.empty()) ui::plot(accuracy_by_step_plot(s), ui::px(130));
  } else if (t.on) {
    ui::hint("The first step is on its way …");
  } else {
    ui::hint("Trains a network in the background on the same labels; loss and accuracy appear here.");
  }
  if (s.network) {
    bool on = s.show_network;
    if (ui::toggle("Colour by network", on, "Show the network's predictions instead of the instant tier's")) c.commands.push_back(cmd::ShowNetwork{on});
  }
}

}  // namespace mp::explorer
