#include "lexigrad/train/optim/adam.h"

#include <cmath>
#include <limits>

#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/kernels/optimizer.h"
#include "lexigrad/train/optim/walk.h"

namespace lexigrad::optim {
namespace {

// A row with g = m = v = 0 stays as it is unless it decays; with eps 0 it becomes 0 / 0, as in PyTorch.
Reach reach(const AdamOptions& options) {
  if (options.rows == Rows::lazy) return Reach::gradient;
  return options.weight_decay != 0 || options.eps == 0 ? Reach::all : Reach::touched;
}

template <class T>
kernels::AdamStep<T> step_of(const AdamOptions& options, double lr, int64_t t, bool sparse) {
  auto [beta1, beta2] = options.betas;
  double steps = static_cast<double>(t);
  double size = lr / (1 - std::pow(beta1, steps)), correction = std::sqrt(1 - std::pow(beta2, steps));
  if (sparse) return {beta1, beta2, options.eps, options.weight_decay, size * correction, 1};
  return {beta1, beta2, options.eps, options.weight_decay, size, correction};
}

}  // namespace

Adam::Adam(std::vector<nn::ParameterRef> parameters, const AdamOptions& options)
    : Optimizer("adam", std::move(parameters), options.lr, {"m", "v"}), options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("betas[0]", options.betas.first, 0, 1);
  check_option("betas[1]", options.betas.second, 0, 1);
  check_option("eps", options.eps, 0, infinity);
  check_option("weight_decay", options.weight_decay, 0, infinity);
}

void Adam::update(const nn::ParameterRef& parameter, Memory& memory) const {
  dispatch_floating("adam", parameter.dtype(), [&]<class T>(T) {
    T *w = parameter.data<T>(), *slots[] = {memory.slots[0].data<T>(), memory.slots[1].data<T>()};
    bool sparse = options_.rows == Rows::lazy && parameter.row_grad() != nullptr;
    const auto step = step_of<T>(options_, lr(), memory.steps, sparse);
    auto range = [&](int64_t at, const T* g, int64_t n) {
      kernels::adam_step<T>(w + at, g, slots[0] + at, slots[1] + at, step, n);
    };
    walk<T>(parameter, reach(options_), slots, memory.touched, range);
  });
}

}  // namespace lexigrad::optim
