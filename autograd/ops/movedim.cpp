#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {

Tensor movedim(const Tensor& x, const std::vector<int64_t>& source, const std::vector<int64_t>& destination) {
  check(source.size() == destination.size(), "movedim", source.size(), " dimensions cannot move to ",
        destination.size(), " places");
  int64_t rank = std::max<int64_t>(1, x.rank());  // a scalar has dimension 0
  std::vector<int64_t> leaving = detail::checked_dims("movedim", source, rank);
  detail::checked_dims("movedim", destination, rank);
  std::vector<int64_t> order(static_cast<size_t>(rank), -1), rest;
  for (size_t i = 0; i < source.size(); ++i)
    order[static_cast<size_t>(wrap_dim("movedim", destination[i], rank))] =
        wrap_dim("movedim", source[i], rank);
  for (int64_t d = 0, next = 0; d < rank; ++d) {
    if (std::binary_search(leaving.begin(), leaving.end(), d)) continue;
    while (order[static_cast<size_t>(next)] >= 0) ++next;
    order[static_cast<size_t>(next)] = d;
  }
  return x.rank() == 0 ? permute(x, {}) : permute(x, order);
}

Tensor movedim(const Tensor& x, int64_t source, int64_t destination) {
  return movedim(x, std::vector<int64_t>{source}, std::vector<int64_t>{destination});
}
Tensor Tensor::movedim(int64_t source, int64_t destination) const {
  return lexigrad::movedim(*this, source, destination);
}
Tensor Tensor::movedim(const std::vector<int64_t>& source, const std::vector<int64_t>& destination) const {
  return lexigrad::movedim(*this, source, destination);
}

EXAMPLE(
    movedim, .shapes = {{{2, 3, 4}}, {{2, 0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return movedim(in[0], 0, -1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(0), rest = in[0].numel() / n;
          Tensor y = zeros({in[0].size(1), in[0].size(2), n}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[i % n * rest + i / n];
          return y;
        },
    .bad =
        [] {
          movedim(ones({2, 3}), {0, 1}, {0});
        },
    .error = "[movedim] 2 dimensions cannot move to 1 places");
EXAMPLE(
    movedim, .shapes = {{{2, 3, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return movedim(in[0], {2, 0}, {0, 1});  // (4, 2, 3)
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({4, 2, 3}, float64);
          for (int64_t i = 0; i < 24; ++i) y.data<double>()[i] = in[0].data<double>()[i % 6 * 4 + i / 6];
          return y;
        });

}  // namespace lexigrad
