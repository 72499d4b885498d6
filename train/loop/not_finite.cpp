#include "lexigrad/train/loop/not_finite.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/row_grad.h"

namespace lexigrad::train {
namespace {

template <class T>
bool all_finite(const Tensor& x) {
  const T* data = x.data<T>();
  return std::all_of(data, data + x.numel(), [](T value) { return std::isfinite(value); });
}

bool all_finite(const Tensor& x) {
  Tensor dense = x.detach().contiguous();
  return dense.dtype() == bfloat16  ? all_finite<BFloat16>(dense)
         : dense.dtype() == float64 ? all_finite<double>(dense)
                                    : all_finite<float>(dense);
}

// Names of the parameters that are not `fine`.
template <class Fine>
std::string names_of_others(const optim::Optimizer& optimizer, const Fine& fine) {
  std::string out;
  for (size_t i = 0; i < optimizer.parameters().size(); ++i)
    if (!fine(optimizer.parameters()[i])) out += (out.empty() ? "" : ", ") + optimizer.name(i);
  return out;
}

}  // namespace

bool has_finite_gradient(const Tensor& p) {
  if (!p.has_grad()) return true;
  const RowGrad* rows = p.row_grad();
  return all_finite(rows ? rows->values() : p.grad());
}

std::string not_finite(const optim::Optimizer& optimizer) {
  return names_of_others(optimizer, [](const Tensor& p) { return all_finite(p); });
}

std::string not_finite_gradients(const optim::Optimizer& optimizer) {
  return names_of_others(optimizer, has_finite_gradient);
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
  fail_numerics(before +
                "Computed again, each op is finite. Hint: a sum over uses or batches overflows (a smaller "
                "learning rate), or the loss function is not the same twice");
}

}  // namespace lexigrad::train
