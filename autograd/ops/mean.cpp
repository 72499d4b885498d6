#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {

Tensor mean(const Tensor& x, const Dims& dims, bool keepdim) {
  check(is_floating(x.dtype()), "mean", "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
  double count = 1;
  for (int64_t d : detail::reduced_dims("mean", dims, x.rank())) count *= static_cast<double>(x.shape()[d]);
  return sum(x, dims, keepdim) / count;
}

Tensor mean(const Tensor& x) { return mean(x, {}); }

Tensor mean(const Tensor& x, const Dims& dims, bool keepdim, Dtype dtype) {
  return mean(x.to(dtype), dims, keepdim);
}
Tensor Tensor::mean() const { return lexigrad::mean(*this); }
Tensor Tensor::mean(const Dims& dims, bool keepdim, std::optional<Dtype> dtype) const {
  return dtype ? lexigrad::mean(*this, dims, keepdim, *dtype) : lexigrad::mean(*this, dims, keepdim);
}

EXAMPLE(
    mean, .shapes = {{{3, 4}}, {{}}}, .apply = [](const std::vector<Tensor>& in) { return mean(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          double total = 0;
          for (double v : in[0].to_vector<double>()) total += v;
          return tensor(total / static_cast<double>(in[0].numel()), float64);
        },
    .bad = [] { mean(arange(3)); },
    .error = "[mean] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    mean, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return mean(in[0], {-1}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor out = zeros({3}, float64);
          for (int64_t i = 0; i < 12; ++i) out.data<double>()[i / 4] += in[0].data<double>()[i] / 4;
          return out;
        });

}  // namespace lexigrad
