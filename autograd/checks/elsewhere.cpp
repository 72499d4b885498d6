#include "lexigrad/autograd/checks/elsewhere.h"

#include <exception>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

Tensor moved(const Tensor& x, Elsewhere::Place place) {
  NoGrad off;
  if (x.dtype() == float64) return place == Elsewhere::negated ? -x : x * 1.0625 + 0.0009765625;
  Tensor copy = x.detach().clone();
  return place == Elsewhere::reordered ? flip(flatten(copy), {0}).reshape(x.shape()) : copy;
}

void swap_memory(const Tensor& a, const Tensor& b) {
  Body &x = *body_of(a), &y = *body_of(b);
  std::swap(x.storage, y.storage);
  std::swap(x.data, y.data);
  std::swap(x.strides, y.strides);
  std::swap(x.contiguous, y.contiguous);
  std::swap(x.view, y.view);
  std::swap(x.version, y.version);
}

}  // namespace

Elsewhere::Elsewhere(const std::vector<GradcheckInput>& inputs, Place place) {
  for (const GradcheckInput& input : inputs) {
    swapped_.emplace_back(input.tensor, moved(input.tensor, place));
    swap_memory(input.tensor, swapped_.back().second);
  }
}

Elsewhere::~Elsewhere() {
  for (auto pair = swapped_.rbegin(); pair != swapped_.rend(); ++pair) swap_memory(pair->first, pair->second);
}

void Elsewhere::run(const Subject& f, const std::vector<GradcheckInput>& inputs, Place place) {
  Elsewhere there(inputs, place);
  try {
    f.call();
    if (f.over_copies) f.over_copies();
  } catch (const std::exception&) {}
}

}  // namespace lexigrad::detail
