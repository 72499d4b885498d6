#include "lexigrad/autograd/kernels/gemm.h"

#include <hwy/highway.h>

#include <cmath>
#include <thread>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/skinny.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

// Row-major a (m, k) b (k, n) in double.
std::vector<double> product(const Tensor& a, const Tensor& b) {
  int64_t m = a.size(0), k = a.size(1), n = b.size(1);
  std::vector<double> out(static_cast<size_t>(m * n), 0), x = a.to_vector<double>(),
                                                          y = b.to_vector<double>();
  for (int64_t i = 0; i < m; ++i)
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j) out[i * n + j] += x[i * k + p] * y[p * n + j];
  return out;
}

template <class T>
double worst(const Tensor& got, const std::vector<double>& expected) {
  double error = 0;
  for (int64_t i = 0; i < got.numel(); ++i)
    error = std::max(error, std::abs(static_cast<double>(got.data<T>()[i]) - expected[i]));
  return error;
}

template <class T>
void check_gemm(int64_t m, int64_t n, int64_t k) {
  Tensor a = randn({m, k}, dtype_of<T>), b = randn({k, n}, dtype_of<T>);
  Tensor at = a.t().contiguous(), bt = b.t().contiguous();
  std::vector<double> expected = product(a, b);
  double tolerance = (sizeof(T) == 4 ? 1e-6 : 1e-14) * std::sqrt(static_cast<double>(k) + 1) * 8;
  for (bool turn_a : {false, true})
    for (bool turn_b : {false, true}) {
      Tensor c = full({m, n}, 3, dtype_of<T>);
      kernels::Operand<T> x{(turn_a ? at : a).template data<T>(), turn_a ? m : k, turn_a},
          y{(turn_b ? bt : b).template data<T>(), turn_b ? k : n, turn_b};
      kernels::gemm<T>(m, n, k, x, y, T{0}, c.data<T>(), n);
      REQUIRE(worst<T>(c, expected) < tolerance);
      kernels::gemm<T>(m, n, k, x, y, T{1}, c.data<T>(), n);
      for (double& v : expected) v *= 2;
      REQUIRE(worst<T>(c, expected) < 2 * tolerance);
      for (double& v : expected) v /= 2;
    }
}

}  // namespace

TEST_CASE("gemm agrees with plain loops, transposed and accumulated", "[kernels]") {
  manual_seed(1);
  for (auto [m, n, k] : {std::tuple{1, 1, 1},
                         {3, 5, 7},
                         {17, 33, 64},
                         {130, 257, 100},
                         {1, 300, 5},
                         {300, 1, 5},
                         {260, 520, 40}}) {
    check_gemm<float>(m, n, k);
    check_gemm<double>(m, n, k);
  }
}

TEST_CASE("gemm of nothing is zero or what was there", "[kernels]") {
  std::vector<float> c(6, 4);
  kernels::gemm<float>(2, 3, 0, {nullptr, 1}, {nullptr, 3}, 1, c.data(), 3);
  REQUIRE(c == std::vector<float>(6, 4));
  kernels::gemm<float>(2, 3, 0, {nullptr, 1}, {nullptr, 3}, 0, c.data(), 3);
  REQUIRE(c == std::vector<float>(6, 0));
}

TEST_CASE("gemm gives the same bits for 1, 2, 3 and 8 threads, and from a std::thread", "[kernels]") {
  manual_seed(2);
  Tensor a = randn({700, 300}), b = randn({300, 900});
  int before = num_threads();
  auto run = [&](int threads) {
    set_num_threads(threads);
    return matmul(a, b);
  };
  Tensor expected = run(1);
  for (int threads : {2, 3, 8}) REQUIRE(equal(run(threads), expected));
  Tensor elsewhere;
  std::thread([&] { elsewhere = run(2); }).join();
  REQUIRE(equal(elsewhere, expected));
  set_num_threads(before);
}

TEST_CASE("the skinny product agrees with plain loops on every instruction set", "[kernels]") {
  manual_seed(3);
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (auto [m, n, k] : {std::tuple{1, 1, 1}, {6, 32, 64}, {13, 45, 7}, {257, 31, 33}, {7, 256, 32}}) {
      Tensor a = randn({m, k}), b = randn({k, n}), at = a.t().contiguous(), c = full({m, n}, 1);
      std::vector<double> expected = product(a, b);
      double tolerance = 1e-6 * std::sqrt(static_cast<double>(k)) * 8;
      kernels::skinny_product<float>(m, n, k, a.data<float>(), k, 1, b.data<float>(), n, false,
                                     c.data<float>(), n);
      REQUIRE(worst<float>(c, expected) < tolerance);
      kernels::skinny_product<float>(m, n, k, at.data<float>(), 1, m, b.data<float>(), n, true,
                                     c.data<float>(), n);
      for (double& v : expected) v *= 2;
      REQUIRE(worst<float>(c, expected) < 2 * tolerance);
      Tensor turned = empty({n, m});
      kernels::transpose<float>(c.data<float>(), turned.data<float>(), m, n);
      REQUIRE(equal(turned, c.t().contiguous()));
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}
