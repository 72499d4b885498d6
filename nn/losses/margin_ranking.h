// Which of two scores should be the larger.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct MarginRankingOptions {
  double margin = 0;  ///< by which the right one should be larger
};

/// max(0, margin - target (a - b)): target is 1 where a should be larger, -1 where b should; all of one
/// shape, each element counts. torch's MarginRankingLoss.
inline Loss margin_ranking(const Tensor& a, const Tensor& b, const Tensor& targets,
                           const MarginRankingOptions& options = {}) {
  check(a.shape() == b.shape() && a.shape() == targets.shape(), "margin_ranking",
        "Needs scores and targets of one shape, got ", a.shape(), ", ", b.shape(), " and ", targets.shape());
  return loss_of(clamp(options.margin - targets * (a - b), 0.0));
}

}  // namespace lexigrad::nn
