// normalize, cosine_similarity, pairwise_distance and cdist.
#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

constexpr int64_t kDifferences =
    1 << 22;  // that cdist holds at a time, where they are not kept for a gradient

void check_floating(const char* op, const Tensor& x) {
  check(is_floating(x.dtype()), op, "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
}

}  // namespace

Tensor normalize(const Tensor& x, double p, int64_t dim, double eps) {
  check_floating("normalize", x);
  return x / clamp(norm(x, p, {wrap_dim("normalize", dim, x.rank())}, true), eps);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, int64_t dim, double eps) {
  Shape whole = broadcast("cosine_similarity", a.shape(), b.shape());
  dim = wrap_dim("cosine_similarity", dim, whole.rank());
  return sum(normalize(expand(a, whole), 2, dim, eps) * normalize(expand(b, whole), 2, dim, eps), {dim});
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
  int64_t rank = broadcast("pairwise_distance", a.shape(), b.shape()).rank();
  return norm(a - b + eps, p, {wrap_dim("pairwise_distance", -1, rank)}, keepdim);
}

Tensor cdist(const Tensor& a, const Tensor& b, double p) {
  check_floating("cdist", a);
  check(a.rank() >= 2 && b.rank() >= 2 && a.size(-1) == b.size(-1), "cdist", "Shapes ", a.shape(), " and ",
        b.shape(), " are not rows of one length: (..., n, k) and (..., m, k)");
  Tensor left = unsqueeze(a, -2), right = unsqueeze(b, -3);
  Shape whole = broadcast("cdist", left.shape(), right.shape());
  int64_t k = a.size(-1), n = a.size(-2), row = whole.numel() / std::max<int64_t>(n, 1);
  if (k == 0) return sum(left - right, {-1});  // zeros; the largest of nothing would be an error
  int64_t together = std::max<int64_t>(1, kDifferences / std::max<int64_t>(row, 1));
  if (together >= n) return norm(left - right, p, {-1});
  std::vector<Tensor> parts;
  for (const Tensor& rows : split(a, together, -2)) parts.push_back(cdist(rows, b, p));
  return cat(parts, -2);
}

namespace {

double length(const double* x, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += x[i] * x[i];
  return std::sqrt(total);
}

// (sum over i of |a[i] - b[i] + eps|^p)^(1 / p).
double distance(const double* a, const double* b, int64_t n, double p, double eps) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += std::pow(std::abs(a[i] - b[i] + eps), p);
  return std::pow(total, 1 / p);
}

Tensor cdist_reference(const std::vector<Tensor>& in, double p) {
  int64_t n = in[0].size(0), m = in[1].size(0), k = in[0].size(1);
  Tensor y = zeros({n, m}, float64);
  for (int64_t i = 0; i < n * m; ++i)
    y.data<double>()[i] =
        distance(in[0].data<double>() + i / m * k, in[1].data<double>() + i % m * k, k, p, 0);
  return y;
}

}  // namespace

EXAMPLE(
    normalize, .shapes = {{{3, 4}}, {{0, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return normalize(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] /= length(in[0].data<double>() + i / 4 * 4, 4);
          return y;
        },
    .bad = [] { normalize(ones({3})); },
    .error = "[normalize] Dimension 1 is outside a tensor of rank 1 (valid are -1..0)");
EXAMPLE(
    cosine_similarity, .shapes = {{{3, 4}, {3, 4}}, {{3, 4}, {1, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return cosine_similarity(in[0], in[1]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({3}, float64);
          for (int64_t i = 0; i < 3; ++i) {
            const double *a = in[0].data<double>() + i * 4,
                         *b = in[1].data<double>() + (in[1].size(0) == 1 ? 0 : i * 4);
            double dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
            y.data<double>()[i] = dot / length(a, 4) / length(b, 4);
          }
          return y;
        },
    .bad =
        [] {
          cosine_similarity(ones({2, 3}), ones({2, 2}));
        },
    .error =
        "[cosine_similarity] Shapes [2, 3] and [2, 2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: "
        "sizes must be equal or 1, counted from the last dimension");
EXAMPLE(
    pairwise_distance, .shapes = {{{3, 4}, {3, 4}}, {{4}, {4}}},
    .apply = [](const std::vector<Tensor>& in) { return pairwise_distance(in[0], in[1], 3, 1e-3); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros(in[0].rank() == 1 ? Shape{} : Shape{3}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] =
                distance(in[0].data<double>() + i * 4, in[1].data<double>() + i * 4, 4, 3, 1e-3);
          return y;
        },
    .bad = [] { pairwise_distance(ones({2}), ones({3})); },
    .error =
        "[pairwise_distance] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes "
        "must be equal or 1, counted from the last dimension");
EXAMPLE(
    cdist, .shapes = {{{3, 4}, {2, 4}}, {{0, 4}, {2, 4}}, {{2, 0}, {3, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return cdist(in[0], in[1]); },
    .reference = [](const std::vector<Tensor>& in) { return cdist_reference(in, 2); },
    .bad =
        [] {
          cdist(ones({2, 3}), ones({2, 2}));
        },
    .error = "[cdist] Shapes [2, 3] and [2, 2] are not rows of one length: (..., n, k) and (..., m, k)");
EXAMPLE(  // in two pieces
    cdist, .shapes = {{{600, 20}, {30, 20}}},
    .apply = [](const std::vector<Tensor>& in) { return cdist(in[0], in[1], 1); },
    .reference = [](const std::vector<Tensor>& in) { return cdist_reference(in, 1); });

}  // namespace lexigrad
