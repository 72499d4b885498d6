// An anchor nearer to what belongs to it than to what does not.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct TripletOptions {
  double margin = 1;
  double p = 2;       ///< of the norm that measures distance
  double eps = 1e-6;  ///< added to each difference, so that a distance of 0 has a gradient
  bool swap = false;  ///< the negative's distance is the smaller of those to anchor and positive
};

/// max(0, margin + |anchor - positive| - |anchor - negative|), summed; all (..., dim), of one
/// shape (Balntas et al. 2016 for swap). As PyTorch's TripletMarginLoss.
inline Loss triplet(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                    const TripletOptions& options = {}) {
  check(anchor.rank() >= 1 && anchor.shape() == positive.shape() && anchor.shape() == negative.shape(),
        "triplet", "Needs anchor, positive and negative of one shape (..., dim), got ", anchor.shape(), ", ",
        positive.shape(), " and ", negative.shape());
  check(options.margin > 0, "triplet", "The margin is ", options.margin, " (valid are numbers above 0)");
  check(options.p > 0, "triplet", "p is ", options.p, " (valid are numbers above 0)");
  auto distance = [&](const Tensor& a, const Tensor& b) {
    return norm(a - b + options.eps, options.p, {-1});
  };
  Tensor near = distance(anchor, positive), far = distance(anchor, negative);
  if (options.swap) far = minimum(far, distance(positive, negative));
  return loss_of(clamp(near - far + options.margin, 0.0));
}

}  // namespace lexigrad::nn
