#include "lexigrad/train/optim/methods/soap.h"

#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::optim {
namespace {

constexpr int64_t kLongestSide = 1024;
constexpr double kShift = 1e-2;  // of the mean eigenvalue

Shape square_of(int64_t side, bool matrix) {
  return matrix && side <= kLongestSide ? Shape{side, side} : Shape{0};
}
Shape left_square(const Shape& p) { return square_of(rows_of(p), p.rank() == 2); }
Shape right_square(const Shape& p) { return square_of(dim_of(p), p.rank() == 2); }

const SlotKinds& kinds() {
  return lexigrad::detail::made_once([] {
    return SlotKinds{
        "m", "v", {"l", left_square}, {"p", left_square}, {"r", right_square}, {"q", right_square}};
  });
}

// One pass: rows that lay close to others keep a part along them.
Tensor nearly_orthonormal(const Tensor& x) {
  int64_t n = x.size(0), half = n / 2;
  if (n == 1) return x / norm(x).item<double>();
  Tensor first = nearly_orthonormal(narrow(x, 0, 0, half)), rest = narrow(x, 0, half, n - half);
  return cat({first, nearly_orthonormal(rest - matmul(matmul(rest, transpose(first, 0, 1)), first))});
}

// One side of a matrix: the sums of its gradients' products and the directions, rows.
struct Side {
  Tensor sums, directions;

  bool turns() const { return sums.numel() > 0; }
  void begin() const {
    if (turns()) directions.copy_(diag_embed(ones({sums.size(0)}, sums.dtype())));
  }
  // Rows that a table has got since the last step are directions of their own.
  void complete() const {
    for (int64_t i = turns() ? sums.size(0) - 1 : -1; i >= 0; --i) {
      Tensor row = narrow(directions, 0, i, 1);
      if (norm(row).item<double>() > 0) return;
      narrow(row, 1, i, 1).fill_(1);
    }
  }
  void add(const Tensor& product, double share) const { sums.copy_(lerp(sums, product, share)); }
  // The order that the old directions have among the new ones; undefined where there was no gradient.
  Tensor turn() const {
    Tensor sums = this->sums.to(float64), old = directions.to(float64), powers = matmul(old, sums);
    double shift = kShift * mean(diagonal(sums)).item<double>();
    if (!(shift > 0)) return {};
    Tensor order = argsort(sum(powers * old, {1}), -1, true);
    directions.copy_(orthonormal_rows(index_select(powers + old * shift, 0, order)));
    return order;
  }
};

Tensor along(const Tensor& x, const Side& left, const Side& right) {
  Tensor out = left.turns() ? matmul(left.directions, x) : x;
  return right.turns() ? matmul(out, transpose(right.directions, 0, 1)) : out;
}

Tensor back(const Tensor& x, const Side& left, const Side& right) {
  Tensor out = left.turns() ? matmul(transpose(left.directions, 0, 1), x) : x;
  return right.turns() ? matmul(out, right.directions) : out;
}

}  // namespace

Tensor orthonormal_rows(const Tensor& x) { return nearly_orthonormal(nearly_orthonormal(x)); }

Soap::Soap(const ParameterGroups& parameters, const SoapOptions& options)
    : MatrixMethod("soap", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                   kinds(), {options.adam, options.betas, options.eps}),
      options_(options) {
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
  check(options.every >= 1, "soap", "every is ", options.every, " (valid are 1 and more)");
}

OptimizerKind Soap::kind() {
  OptimizerKind out = kind_of<Soap, SoapOptions>(
      "soap", "adam along the directions of an encoder's matrices, adamw for tables, heads and vectors",
      0.003, {"m", "v"});
  out.matrix_slots = kinds();
  return out;
}

void Soap::update_matrix(const StepMatrix& at, const StepOptions& step, Slots& slots) const {
  const Tensor &g = at.gradient(), m_slot = slots.tensor(0), v_slot = slots.tensor(1);
  const Side left = step.rows == Rows::lazy ? Side{empty({0}), {}} : Side{slots.tensor(2), slots.tensor(3)},
             right{slots.tensor(4), slots.tensor(5)};
  const double keep = 1 - step.lr * step.weight_decay;
  const auto [beta1, beta2] = options_.betas;
  if (step.number == 1) {
    at.move(keep, g / (abs(g) + options_.eps) * step.lr);
    left.begin(), right.begin();
  } else {
    left.complete();
    Tensor m = lerp(at.rows_of(m_slot), g, 1 - beta1),
           v = lerp(at.rows_of(v_slot), square(along(g, left, right)), 1 - beta2);
    at.put(m_slot, m), at.put(v_slot, v);
    auto count = static_cast<double>(step.number - 1);
    Tensor scale = sqrt(v / (1 - std::pow(beta2, count))) + options_.eps;
    Tensor way = back(along(m, left, right) / scale, left, right);
    at.move(keep, way * (step.lr / (1 - std::pow(beta1, count))));
  }
  if (left.turns()) left.add(matmul(g, transpose(g, 0, 1)), 1 - beta2);
  if (right.turns()) right.add(matmul(transpose(g, 0, 1), g), 1 - beta2);
  if (step.number != 1 && step.number % options_.every != 0) return;
  for (int64_t side = 0; side < 2; ++side)
    if (const Side& now = side == 0 ? left : right; now.turns())
      if (Tensor order = now.turn(); order.defined()) v_slot.copy_(index_select(v_slot, side, order));
}

}  // namespace lexigrad::optim
