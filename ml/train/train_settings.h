// What a person can set for a training run, by name: the window, the command line, TOML, manifests and sweeps read the
// same list. Plain values; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/nn/network.h"

namespace mp::ml {

struct TrainSettings {
  std::string network = "bn-gapc";  // of network_choices()
  int input_px = 100;
  int epochs = 30;
  int batch = 16;
  float learning_rate = 1e-3f;
  int folds = 5;                 // without held-out source labels: stratified folds of the person's labels
  int min_steps = 20;            // of an epoch: few labels are passed over again and again
  bool choose_by_validation = false;  // true where `validation` is no test part; else it only measures
  std::uint64_t seed = 1;
  int threads = 1;
  std::string device = "cpu";    // cpu, cuda, cuda:1

  std::string optimiser = "own";  // own: the network's; adam, adamw, sgd, rmsprop
  std::string schedule = "own";   // own, constant, inverse-time, cosine, plateau
  float l2 = -1;                  // negative: the network's
  float average = -1;             // decay of the moving average of the weights; 0: none; negative: the network's
  float guide = 0;                // weight of the loss that pulls a class's map into the boxes; 0: none
  bool balance = false;           // class weights: a rare class counts as much as a frequent one
  bool augment = true;            // what the network's plan changes in its images
  int patience = 0;               // epochs without a better one after which training ends; 0: never
  float stop_accuracy = 0;        // ends at this validation accuracy; 0: never
  std::string part = "whole";     // whole, last-block, head
  std::string output = "softmax"; // or sigmoid: one output for two classes
  std::string weights;            // file to start from; empty: none
  int pretrain = 0;               // passes over the unlabelled pool before (SimCLR, pretrain.h), from `weights` if given
  bool trust = false;             // may `weights` be TorchScript, which can run code
};

/// f(name, value, help) for every field that a person sets.
template <class Settings, class F>
void for_each_setting(Settings& s, F&& f) {
  f("network", s.network, "network by name");
  f("input_px", s.input_px, "side of the network's input in pixels");
  f("epochs", s.epochs, "passes over the labels");
  f("batch", s.batch, "images a step");
  f("learning_rate", s.learning_rate, "first learning rate");
  f("folds", s.folds, "folds of the labels, one of which is left out to choose the epoch");
  f("min_steps", s.min_steps, "steps of an epoch at least");
  f("seed", s.seed, "seed of weights, batches and augmentation");
  f("threads", s.threads, "threads");
  f("device", s.device, "cpu, cuda or cuda:N");
  f("optimiser", s.optimiser, "own, adam, adamw, sgd, rmsprop");
  f("schedule", s.schedule, "own, constant, inverse-time, cosine, plateau");
  f("l2", s.l2, "weight decay; negative: the network's own");
  f("average", s.average, "decay of the weights' moving average; 0: none; negative: the network's own");
  f("guide", s.guide, "weight of the loss that pulls the network's maps into the accepted boxes; 0: none");
  f("balance", s.balance, "weight classes by how rare they are");
  f("augment", s.augment, "change images as the network's plan says");
  f("patience", s.patience, "epochs without a better one after which training ends; 0: never");
  f("stop_accuracy", s.stop_accuracy, "end at this validation accuracy; 0: never");
  f("part", s.part, "what is trained: whole, last-block, head");
  f("output", s.output, "softmax, or sigmoid for two classes");
  f("weights", s.weights, "weights to start from: safetensors, a PyTorch .pth or a Keras .h5");
  f("pretrain", s.pretrain, "passes over the unlabelled pool before (SimCLR): the network starts from the pool itself");
  f("trust", s.trust, "let the file of weights be TorchScript, which can run code");
}

/// Errors name the field, what it may be and what it is.
Result<void> check_settings(const TrainSettings& settings);

/// "gapc", ...: all that `network` may be, without loading the module.
const std::vector<std::string>& network_choices();

/// The network that the settings describe. Errors: as check_settings and make_network.
Result<NetworkSpec> network_spec(const TrainSettings& settings, int classes);

/// What the settings leave to the network.
Schedule schedule_of(const TrainSettings& settings, const NetworkPlan& plan);

/// A TOML file's fields into `settings`; "[training]" or the top level. Errors: not TOML, unknown names (all known are
/// listed), wrong types, values out of range.
Result<void> read_settings_toml(const std::string& path, TrainSettings& settings);
std::string settings_toml(const TrainSettings& settings);

}  // namespace mp::ml
