#include "lexigrad/train/loop/not_finite.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

template <class T>
bool all_finite(const Tensor& x) {
  const T* data = x.data<T>();
  return std::all_of(data, data + x.numel(), [](T value) { return std::isfinite(value); });
}

}  // namespace

std::string not_finite(const optim::Optimizer& optimizer) {
  std::string out;
  for (size_t i = 0; i < optimizer.parameters().size(); ++i) {
    Tensor x = optimizer.parameters()[i].detach().contiguous();
    if (x.dtype() == float64 ? all_finite<double>(x) : all_finite<float>(x)) continue;
    out += (out.empty() ? "" : ", ") + optimizer.name(i);
  }
  return out;
}

void fail_not_finite(const std::string& what, const optim::Optimizer& optimizer,
                     const CheckNumericsOptions& options, const std::function<void()>& pass) {
  std::string names = not_finite(optimizer);
  std::string before = text(what, names.empty() ? "; every parameter is finite. "
                                                : text("; parameters that are not finite: ", names, ". "));
  try {
    CheckNumerics check(options);
    pass();
  } catch (const NumericsError& error) { fail_numerics(before + error.message()); }
  fail_numerics(before + "Computed again, it is finite. Hint: the loss function is not the same twice");
}

}  // namespace lexigrad::train
