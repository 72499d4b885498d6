#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor bincount(const Tensor& ids, const Tensor& weights, int64_t minlength) {
  check(ids.rank() == 1 && ids.dtype() == int64, "bincount", "Ids must be a list of int64, got ",
        name(ids.dtype()), " of shape ", ids.shape());
  check(minlength >= 0, "bincount", "minlength is ", minlength, "; it must be >= 0");
  int64_t size = minlength;
  for (int64_t id : ids.to_vector<int64_t>()) {
    check(id >= 0, "bincount", "Id ", id, " is negative");
    size = std::max(size, id + 1);
  }
  if (!weights.defined()) return index_add(zeros({size}, int64), 0, ids, ones(ids.shape(), int64));
  check(weights.shape() == ids.shape(), "bincount", "Weights of shape ", weights.shape(),
        " for ids of shape ", ids.shape(), ". Hint: each id has one");
  Tensor terms = is_floating(weights.dtype()) ? weights : weights.to(float64);
  return index_add(zeros({size}, terms.dtype()), 0, ids, terms);
}
Tensor Tensor::bincount(const Tensor& weights, int64_t minlength) const {
  return lexigrad::bincount(*this, weights, minlength);
}

EXAMPLE(
    bincount, .shapes = {{{6}}, {{0}}},
    .apply = [](const std::vector<Tensor>& in) { return bincount(floor(abs(in[0])).to(int64), {}, 3); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> counts(3, 0);
          for (double v : in[0].to_vector<double>()) {
            size_t id = static_cast<size_t>(v < 0 ? -v : v);
            counts.resize(std::max(counts.size(), id + 1));
            ++counts[id];
          }
          return tensor(counts);
        },
    .bad =
        [] {
          bincount(tensor({0, -1}));
        },
    .error = "[bincount] Id -1 is negative", .differentiable = false);
EXAMPLE(
    bincount, .shapes = {{{4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return bincount(tensor({2, 0, 2, 1}), in[0]);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          const double* w = in[0].data<double>();
          return tensor({w[1], w[3], w[0] + w[2]}, float64);
        },
    .bad =
        [] {
          bincount(tensor({0, 1}), ones({3}));
        },
    .error = "[bincount] Weights of shape [3] for ids of shape [2]. Hint: each id has one");

}  // namespace lexigrad
