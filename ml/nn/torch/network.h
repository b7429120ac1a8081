// A placed network on LibTorch with its optimiser. Owned by one thread at a time; exceptions end here.
#pragma once
#include <ATen/ATen.h>

#include "ml/nn/batch.h"
#include "ml/nn/network.h"
#include "ml/nn/torch/forward.h"
#include "ml/nn/torch/step_memory.h"
#include "ml/nn/torch/update.h"
#include "ml/nn/weights.h"

namespace mp::ml {

class TorchNetwork final : public Network {
 public:
  TorchNetwork(const NetworkSpec& spec, const NetworkPlan& plan, PlacedNetwork net, at::Device device);
  TorchNetwork(const TorchNetwork&) = delete;
  TorchNetwork& operator=(const TorchNetwork&) = delete;

  const NetworkSpec& spec() const override { return spec_; }
  std::size_t parameters() const override { return net_.trainable(); }
  int feature_dim() const override { return feature_dim_; }
  int last_correct() const override { return last_correct_; }
  std::string last_error() const override { return last_error_; }
  float train_step(std::span<const std::uint8_t> images, std::span<const ClassId> labels,
                   const StepSettings& settings) override;
  float contrast_step(std::span<const std::uint8_t> images, float learning_rate, std::uint64_t seed) override;
  std::vector<float> predict(std::span<const std::uint8_t> images, std::size_t n,
                             std::vector<float>* features) override;
  std::vector<float> dropout_passes(std::span<const float> features, std::size_t n, int passes,
                                    std::uint64_t seed) override;
  NetworkMaps class_maps(std::span<const std::uint8_t> images, std::size_t n) override;
  NetworkMaps grad_cam(std::span<const std::uint8_t> images, std::size_t n, ClassId cls) override;
  std::vector<float> input_values(std::span<const std::uint8_t> images, std::size_t n) override;
  ScoreGradients input_gradients(std::span<const float> values, std::size_t n, ClassId cls) override;
  std::vector<std::uint8_t> save() const override;
  Result<void> load(std::span<const std::uint8_t> bytes) override;

 private:
  void lay_out();
  void set_weights(const Weights& weights);
  std::vector<float> probabilities(const at::Tensor& logits) const;
  at::Tensor input(std::span<const std::uint8_t> images, const Augmentation& augmentation = {}, std::uint64_t seed = 0);
  ForwardResult forward(const std::vector<at::Tensor>& values, at::Tensor images, bool training, std::uint64_t seed);
  std::vector<at::Tensor> still_values() const;
  const at::Tensor& classifier() const;
  at::Tensor guidance(const at::Tensor& map, std::span<const ClassId> labels, const StepSettings& settings,
                      const Augmentation& augmentation);
  template <class Result, class Work>
  Result explained(std::size_t values, std::size_t n, ClassId cls, Work&& work);
  float step(std::span<const std::uint8_t> images, std::span<const ClassId> labels, const StepSettings& settings);
  float contrast(std::span<const std::uint8_t> images, float learning_rate, std::uint64_t seed);
  bool descend(const at::Tensor& objective, float learning_rate);
  void move_average();
  std::size_t image_bytes() const { return std::size_t(spec_.input_px) * std::size_t(spec_.input_px); }

  StepMemory memory_;  // first: given back when the tensors are gone
  NetworkSpec spec_;
  const NetworkPlan& plan_;  // in the static table
  PlacedNetwork net_;
  std::vector<PlacedLayer> order_;
  at::Device device_;
  int feature_layer_ = -1, feature_dim_ = 0;
  std::size_t predict_batch_ = 64;
  float decay_ = 0, average_ = 0;             // decoupled decay; decay of the moving average
  at::Tensor flat_, gradient_, l2_;           // trained values, those that decay first; l2 by value, may be undefined
  std::int64_t decaying_ = 0, averaged_ = 0;  // averaged_: steps in the average
  Update update_;
  std::vector<at::Tensor> values_, buffers_;  // by parameter: views of flat_, or tensors of their own
  at::Tensor averaged_flat_;                  // with average_ > 0; and so the next two
  std::vector<at::Tensor> averaged_values_, averaged_buffers_;
  at::Tensor projection_, projection_gradient_;  // of contrast_step: two dense layers behind the features
  Update projection_update_;
  int last_correct_ = 0;
  std::string last_error_;
};

/// First line of an exception's text: LibTorch adds a stack.
std::string first_line(const char* text);

/// LibTorch keeps the count per calling thread; setting it is not free.
void use_threads(int n);

}  // namespace mp::ml
