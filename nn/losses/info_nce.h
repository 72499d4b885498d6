// Pairs against all other pairs of the batch.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/cross_entropy.h"

namespace lexigrad::nn {

struct InfoNceOptions {
  double temperature = 0.1;
  bool normalize = true;  ///< vectors to length 1, so that scores are cosines
};

/// -log softmax of the scores q[i] . k[j] / temperature over j at j = i, summed over i: query i
/// belongs to key i, the other keys are its negatives (van den Oord, Li and Vinyals 2018).
/// Queries and keys (n, dim); the n x n scores are never held whole.
inline Loss info_nce(const Tensor& queries, const Tensor& keys, const InfoNceOptions& options = {}) {
  check(queries.rank() == 2 && queries.shape() == keys.shape() && queries.size(0) > 0, "info_nce",
        "Needs queries and keys of one shape (n, dim), got ", queries.shape(), " and ", keys.shape());
  check(options.temperature > 0, "info_nce", "The temperature is ", options.temperature,
        " (valid are numbers above 0)");
  auto unit = [&](const Tensor& x) {
    return options.normalize ? x / clamp(norm(x, 2, {-1}, true), 1e-12) : x;
  };
  Tensor scaled = unit(queries) / options.temperature;
  return linear_cross_entropy(scaled, unit(keys), {}, arange(queries.size(0)));
}

}  // namespace lexigrad::nn
