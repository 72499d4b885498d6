#include "lexigrad/train/optim/methods/adafactor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/train/optim/step_matrix.h"

namespace lexigrad::optim {
namespace {

Shape rows_of_matrix(const Shape& p) { return p.rank() < 2 ? Shape{0} : Shape{p[0]}; }
Shape columns_of_matrix(const Shape& p) { return p.rank() < 2 ? Shape{0} : Shape{dim_of(p)}; }
Shape elements_of_vector(const Shape& p) { return p.rank() < 2 ? p : Shape{0}; }

const SlotKinds& kinds() {
  return lexigrad::detail::made_once([] {
    return SlotKinds{{"row", rows_of_matrix}, {"column", columns_of_matrix}, {"v", elements_of_vector}};
  });
}

double root_mean_square(const Tensor& x) {
  return norm(x).item<double>() / std::sqrt(static_cast<double>(x.numel()));
}

// The second moments (n, dim), after those of this gradient have had their share.
Tensor moments(const StepMatrix& at, bool matrix, double share, double eps1, Slots& slots) {
  Tensor squares = square(at.gradient());
  if (!matrix) {
    Tensor v = slots.tensor(2).reshape({-1, 1}), now = lerp(at.rows_of(v), squares, share);
    at.put(v, now);
    return now;
  }
  Tensor row = slots.tensor(0), column = slots.tensor(1);
  Tensor rows = lerp(at.rows_of(row), mean(squares, {1}), share);
  at.put(row, rows);
  column.copy_(lerp(column, mean(squares, {0}), share));
  return outer(rows, column) / std::max(mean(rows).item<double>(), eps1);
}

}  // namespace

Adafactor::Adafactor(const ParameterGroups& parameters, const AdafactorOptions& options)
    : Optimizer("adafactor", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                kinds()),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("beta2_decay", options.beta2_decay, -infinity, std::numeric_limits<double>::min());
  check_option("eps1", options.eps1.value_or(0), 0, infinity);
  check_option("eps2", options.eps2, 0, infinity);
  check_option("d", options.d, 1, infinity);
}

OptimizerKind Adafactor::kind() {
  return kind_of<Adafactor, AdafactorOptions>(
      "adafactor", "adam's second moments as a product of rows and columns, steps in units of the weights",
      0.1, kinds());
}

void Adafactor::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  if (!memory.late.now.empty()) return;
  NoGrad off;
  StepMatrix at(parameter, step);
  if (at.rows() == 0) return;
  double number = static_cast<double>(step.number), share = std::pow(number, options_.beta2_decay);
  double eps1 = options_.eps1.value_or(parameter.dtype() == float64 ? std::numeric_limits<double>::epsilon()
                                                                    : std::numeric_limits<float>::epsilon());
  double size =
      std::max(options_.eps2, root_mean_square(at.weight())) * std::min(step.lr, 1 / std::sqrt(number));
  Tensor v = moments(at, parameter.rank() >= 2, share, eps1, memory.slots);
  Tensor change = rsqrt(clamp(v, eps1 * eps1)) * at.gradient();
  at.move(1 - step.lr * step.weight_decay,
          change * (size / std::max(1.0, root_mean_square(change) / options_.d)));
}

}  // namespace lexigrad::optim
