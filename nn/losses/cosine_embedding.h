// Pairs that should point the same way, or not.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct CosineEmbeddingOptions {
  double margin = 0;  ///< of pairs that do not belong together: cosines up to here cost nothing; -1..1
};

/// 1 - cos(a, b) where the target is 1, max(0, cos(a, b) - margin) where it is -1, summed; a
/// and b (..., dim), targets (...) of any dtype. As PyTorch's CosineEmbeddingLoss.
inline Loss cosine_embedding(const Tensor& a, const Tensor& b, const Tensor& targets,
                             const CosineEmbeddingOptions& options = {}) {
  check(a.rank() >= 1 && a.shape() == b.shape() && targets.shape() == a.shape().without(a.rank() - 1),
        "cosine_embedding", "Needs a and b (..., dim) and targets (...), got ", a.shape(), ", ", b.shape(),
        " and ", targets.shape());
  check(options.margin >= -1 && options.margin <= 1, "cosine_embedding", "The margin is ", options.margin,
        " (valid are -1..1)");
  Tensor together = eq(targets, 1.0), apart = eq(targets, -1.0);
  check(all(logical_or(together, apart)).item<bool>(), "cosine_embedding",
        "A target is neither 1 nor -1. Hint: 2 * labels - 1 makes them of 0 and 1");
  double epsilon = 1e-12;  // PyTorch's
  Tensor lengths = (lexigrad::sum(a * a, {-1}) + epsilon) * (lexigrad::sum(b * b, {-1}) + epsilon);
  Tensor cosine = lexigrad::sum(a * b, {-1}) / sqrt(lengths);
  return loss_of(where(together, 1 - cosine, clamp(cosine - options.margin, 0.0)));
}

}  // namespace lexigrad::nn
