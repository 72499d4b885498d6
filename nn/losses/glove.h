// Vectors from co-occurrence counts.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct GloveOptions {
  double x_max = 100;  ///< counts from here on weigh 1, others (count / x_max)^alpha
  double alpha = 0.75;
};

/// The tables that GloVe trains: vectors (words, dim) and (contexts, dim), biases (words,
/// 1), (contexts, 1).
struct GloveTables {
  Tensor words, contexts, word_bias, context_bias;
};

/// f(X) (w[i] . c[j] + b[i] + d[j] - log X)^2, summed over pairs of words `i` and contexts `j`
/// (int64 ids, one shape) that occur `counts` (X > 0, of the tables' dtype) times together
/// (Pennington, Socher and Manning 2014). The tables' gradients are RowGrads.
inline Loss glove(const GloveTables& tables, const Tensor& i, const Tensor& j, const Tensor& counts,
                  const GloveOptions& options = {}) {
  check(i.shape() == j.shape() && i.shape() == counts.shape(), "glove", "Words ", i.shape(), ", contexts ",
        j.shape(), " and counts ", counts.shape(), " are not pairs. Hint: one shape for all three");
  check(options.x_max > 0, "glove", "x_max is ", options.x_max, " (valid are numbers above 0)");
  check(all(gt(counts, 0.0)).item<bool>(), "glove",
        "A count is not above 0, and has no logarithm. Hint: give only pairs that occur");
  Tensor pairs = lexigrad::sum(
      embedding(tables.words, i, {.table = "words"}) * embedding(tables.contexts, j, {.table = "contexts"}),
      {-1});
  Tensor offsets = embedding(tables.word_bias, i, {.table = "word_bias"}) +
                   embedding(tables.context_bias, j, {.table = "context_bias"});
  Tensor weight = clamp(pow(counts / options.x_max, options.alpha), {}, 1);
  Tensor error = pairs + offsets.reshape(i.shape()) - log(counts);
  return loss_of(weight * square(error));
}

}  // namespace lexigrad::nn
