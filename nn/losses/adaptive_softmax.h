// Softmax in clusters by frequency: rare classes have smaller vectors, and cost only
// where they occur.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct AdaptiveSoftmaxOptions {
  double div_value = 4;         ///< cluster i has vectors of in_features / div_value^(i + 1)
  bool head_bias = false;       ///< of the frequent classes and the clusters
  int64_t ignore_index = -100;  ///< targets that do not count
};

/// Grave et al. 2017, as PyTorch's AdaptiveLogSoftmaxWithLoss, with its names and its
/// parameters' order. Class ids must be in order of frequency: those below cutoffs[0]
/// are in the head, those from cutoffs[i] up to cutoffs[i + 1] (the last: up to
/// n_classes) in cluster i.
class AdaptiveSoftmax final : public Module {
 public:
  AdaptiveSoftmax(int64_t in_features, int64_t n_classes, const std::vector<int64_t>& cutoffs,
                  const AdaptiveSoftmaxOptions& options = {});

  /// -log p(target), summed: x (..., in_features), int64 targets (...). No logits
  /// are held whole.
  Loss forward(const Tensor& x, const Tensor& targets) const;
  /// log p of all classes: (..., n_classes).
  Tensor log_prob(const Tensor& x) const;

 private:
  /// Positions of targets that lie in `cluster`, and those targets counted from
  /// its first class.
  struct Part;
  /// The layers' tensors, which outlive the module.
  struct Weights;
  Weights layers() const;
  static Tensor log_prob_of(const Tensor& x, const Weights& weights);
  Part part_of(const Tensor& targets, size_t cluster) const;
  std::string extra_repr() const override;

  std::vector<int64_t> cutoffs_;  ///< the last is n_classes
  int64_t ignore_index_;
  Linear head_;
  std::vector<std::vector<Linear>> tail_;  ///< of each cluster: down to its vectors' size, then its classes
  LEXIGRAD_MODULE(AdaptiveSoftmax, head_, tail_)
};

}  // namespace lexigrad::nn
