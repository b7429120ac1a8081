// What a step makes smaller. Only for the files of this folder.
#pragma once
#include <ATen/ATen.h>

#include <span>

#include "ml/data/types.h"

namespace mp::ml {

struct Loss {
  at::Tensor cross_entropy;  // mean over the batch, weighted by class: what is reported
  at::Tensor objective;      // with label smoothing
  at::Tensor correct;        // how many the network has right
};

/// logits: n x classes (softmax), or n x 1 (sigmoid: the second class's). weights: by class, may be empty.
Loss classification_loss(const at::Tensor& logits, std::span<const ClassId> labels, std::span<const float> weights,
                         float label_smoothing);

/// Mean over the guided images of -log(share of the label's map that lies in its mask). map: n x k x side x side;
/// weights: n x k, of the label in the classifier; masks: n x side x side, how much of each place lies in a box, all 0
/// where an image is not guided. Negative values of the label's map do not count.
at::Tensor guidance_loss(const at::Tensor& map, const at::Tensor& weights, const at::Tensor& masks);

/// NT-Xent (Chen et al. 2020, SimCLR): rows 2k and 2k + 1 of `projected` are two views of one image, everything else in
/// the batch is another.
at::Tensor contrastive_loss(const at::Tensor& projected, float temperature);

}  // namespace mp::ml
