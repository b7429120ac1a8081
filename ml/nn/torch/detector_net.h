// The anchor-free detector's layers and parameters. Only for the files of this folder. Owned by one thread at a time.
#pragma once
#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "ml/nn/detector.h"

namespace mp::ml {

/// A convolution, followed by batch norm or by a bias.
struct Convolution {
  std::string name;
  int in = 0, out = 0, kernel = 3, stride = 1;
  bool norm = true;
  int parameter = 0;  // index of its first tensor: weight, then norm's weight, bias, mean and variance; or weight, bias
};

/// Raw answers of the places: class logits n x classes x side x side; distances n x 4 x side x side to the left, upper,
/// right and lower edge, as logarithms of strides.
struct DetectorOutput {
  at::Tensor classes, distances;
};

/// Pixel-unshuffle by 2, residual stages of 32, 64, 128 and 160 channels at strides 4, 8, 16 and 32, their sum at
/// stride 8 in 64 channels (feature pyramid), a head for classes and one for boxes.
class DetectorNet {
 public:
  explicit DetectorNet(int classes);

  struct Tensor {
    std::string name;
    std::vector<std::int64_t> shape;
    bool buffer = false, decays = false;
    std::int64_t size() const;
  };
  const std::vector<Tensor>& tensors() const { return tensors_; }
  /// First values: He normal for kernels, the class bias so that every score starts at 0.01.
  std::vector<at::Tensor> initial(std::uint64_t seed) const;

  /// images: n x 4 x side / 2 x side / 2, channels last; their type is that of the convolutions (bfloat16: norms, last
  /// layers and answers are float32 all the same). Training moves the running statistics in `values`.
  DetectorOutput run(const at::Tensor& images, const std::vector<at::Tensor>& values, bool training) const;
  /// Kernel and bias of each convolution with its batch norm worked in, for images of this type.
  std::vector<at::Tensor> folded(const std::vector<at::Tensor>& values, at::ScalarType type) const;
  DetectorOutput run_folded(const at::Tensor& images, const std::vector<at::Tensor>& folded) const;

 private:
  int add(std::string name, int in, int out, int kernel, int stride, bool norm = true);
  template <class Conv>
  DetectorOutput forward(at::Tensor x, const Conv& conv) const;

  std::vector<Convolution> layers_;
  std::vector<Tensor> tensors_;
  struct Stage {
    int down = 0;
    std::vector<std::pair<int, int>> blocks;
  };
  std::vector<Stage> stages_;
  int lateral_[3] = {}, smooth_ = 0, class_head_ = 0, class_out_ = 0, box_head_ = 0, box_out_ = 0;
};

}  // namespace mp::ml
