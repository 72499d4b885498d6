#include "lexigrad/train/vectors/principal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"

namespace lexigrad::train {
namespace {

/// A symmetric matrix that rotations make diagonal, and the rotations' product.
class Jacobi {
 public:
  explicit Jacobi(const Tensor& symmetric)
      : n_(symmetric.size(0)), a_(symmetric.to_vector<double>()), v_(a_.size()) {
    for (int64_t i = 0; i < n_; ++i) v_[static_cast<size_t>(i * n_ + i)] = 1;
    for (int sweep = 0; sweep < 60 && off_diagonal() > 1e-30 * total(); ++sweep)
      for (int64_t p = 0; p < n_; ++p)
        for (int64_t q = p + 1; q < n_; ++q) rotate(p, q);
  }
  double value(int64_t i) const { return a_[static_cast<size_t>(i * n_ + i)]; }
  double vector(int64_t row, int64_t i) const { return v_[static_cast<size_t>(row * n_ + i)]; }

 private:
  double& at(int64_t i, int64_t j) { return a_[static_cast<size_t>(i * n_ + j)]; }
  double total() const { return std::inner_product(a_.begin(), a_.end(), a_.begin(), 0.0); }
  double off_diagonal() const {
    double sum = 0;
    for (int64_t i = 0; i < n_; ++i)
      for (int64_t j = 0; j < n_; ++j)
        if (i != j) sum += a_[static_cast<size_t>(i * n_ + j)] * a_[static_cast<size_t>(i * n_ + j)];
    return sum;
  }
  // Makes the entry (p, q) zero.
  void rotate(int64_t p, int64_t q) {
    if (at(p, q) == 0) return;
    const double theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
    const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::hypot(theta, 1));
    const double c = 1 / std::hypot(t, 1), s = t * c;
    auto turn = [c, s](double& x, double& y) {
      const double old = x;
      x = c * old - s * y, y = s * old + c * y;
    };
    for (int64_t i = 0; i < n_; ++i) turn(at(i, p), at(i, q));
    for (int64_t i = 0; i < n_; ++i) turn(at(p, i), at(q, i));
    for (int64_t i = 0; i < n_; ++i)
      turn(v_[static_cast<size_t>(i * n_ + p)], v_[static_cast<size_t>(i * n_ + q)]);
  }

  int64_t n_;
  std::vector<double> a_, v_;
};

}  // namespace

PrincipalView principal_view(const Tensor& rows, int64_t count) {
  check(
      rows.rank() == 2 && is_floating(arithmetic_dtype(rows.dtype())) && count >= 1 && count <= rows.size(0),
      "principal_view", count, " components of ", to_string(rows.shape()), " of ", name(rows.dtype()),
      " (valid: 1 to as many as a floating matrix has rows)");
  NoGrad off;
  const Tensor held = rows.detach().to(float64), centred = held - mean(held, {0}, true);
  const Tensor products = matmul(centred, centred.t());
  const std::vector<double> values = products.to_vector<double>();
  check(std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); }),
        "principal_view", "The rows hold a value that is not finite");
  const Jacobi turned(products);
  const int64_t n = rows.size(0);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t i, int64_t j) { return turned.value(i) > turned.value(j); });
  double variance = 0;
  for (int64_t i = 0; i < n; ++i) variance += std::max(0.0, turned.value(i));
  PrincipalView out{.coordinates = zeros({n, count}, float64), .shares = {}};
  double* x = out.coordinates.data<double>();
  for (int64_t c = 0; c < count; ++c) {
    const int64_t i = order[static_cast<size_t>(c)];
    const double value = std::max(0.0, turned.value(i));
    out.shares.push_back(variance > 0 ? value / variance : 0);
    double farthest = 0;
    for (int64_t row = 0; row < n; ++row)
      if (std::abs(turned.vector(row, i)) > std::abs(farthest)) farthest = turned.vector(row, i);
    for (int64_t row = 0; row < n; ++row)
      x[row * count + c] = std::copysign(std::sqrt(value), farthest) * turned.vector(row, i);
  }
  return out;
}

}  // namespace lexigrad::train
