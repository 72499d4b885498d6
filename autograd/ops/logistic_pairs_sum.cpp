#include <cmath>
#include <memory>
#include <vector>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/kernels/logistic.h"
#include "lexigrad/autograd/kernels/skinny.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tape/row_reader.h"

namespace lexigrad {
namespace {

// In each of `blocks` blocks m rows of x meet n rows of y, or n mixes of k rows of y.
struct Sizes {
  int64_t blocks, m, k, dim, n;
};

// Rows of a table one behind another, zeros where the id is -1.
template <class T>
void take_rows(const Tensor& table, const int64_t* ids, int64_t count, int64_t dim, T* to) {
  const T* rows = detail::pointer<T>(table);
  for (int64_t i = 0; i < count; ++i, to += dim) {
    if (int64_t next = i + 2 * kRowsAhead; next < count && ids[next] >= 0)
      prefetch(rows + ids[next] * dim, dim * static_cast<int64_t>(sizeof(T)));
    if (ids[i] < 0)
      std::fill(to, to + dim, T{0});
    else
      std::copy_n(rows + ids[i] * dim, dim, to);
  }
}

// The losses of a block's pairs, and the gradients of its rows where there is room for them.
template <class T>
double block_loss(const Sizes& s, const Tensor& x, const Tensor& y, const int64_t* x_ids,
                  const int64_t* y_ids, const T* weights, const T* mixes, T* dx, T* dy) {
  const auto memory =
      std::make_unique_for_overwrite<T[]>(static_cast<size_t>((s.m + s.k + 2 * s.n) * s.dim + s.m * s.n));
  T *from_x = memory.get(), *from_y = from_x + s.m * s.dim, *mixed = from_y + s.k * s.dim,
    *turned = mixed + s.n * s.dim, *scores = turned + s.n * s.dim;
  take_rows(x, x_ids, s.m, s.dim, from_x);
  take_rows(y, y_ids, s.k, s.dim, from_y);
  if (mixes)
    kernels::skinny_product<T>(s.n, s.dim, s.k, mixes, s.k, 1, from_y, s.dim, false, mixed, s.dim);
  else
    mixed = from_y;
  kernels::transpose<T>(mixed, turned, s.n, s.dim);
  kernels::skinny_product<T>(s.m, s.n, s.dim, from_x, s.dim, 1, turned, s.n, false, scores, s.n);
  const auto loss = static_cast<double>(kernels::logistic_loss<T>(scores, weights, s.m * s.n));
  if (dx) kernels::skinny_product<T>(s.m, s.dim, s.n, scores, s.n, 1, mixed, s.dim, false, dx, s.dim);
  if (!dy) return loss;
  T* of_mixed = mixes ? turned : dy;
  kernels::skinny_product<T>(s.n, s.dim, s.m, scores, 1, s.n, from_x, s.dim, false, of_mixed, s.dim);
  if (mixes) kernels::skinny_product<T>(s.k, s.dim, s.n, mixes, 1, s.k, of_mixed, s.dim, false, dy, s.dim);
  return loss;
}

Tensor composed(const Tensor& x, const Tensor& y, const Tensor& x_ids, const Tensor& y_ids,
                const Tensor& weights, const Tensor& mixes) {
  auto rows = [](const Tensor& table, const Tensor& ids) {
    Tensor none = lt(ids, 0.0);
    return masked_fill(embedding(table, where(none, 0, ids)), unsqueeze(none, -1), 0);
  };
  Tensor of_y = rows(y, y_ids);
  if (mixes.defined()) of_y = bmm(mixes, of_y);
  Tensor scores = bmm(rows(x, x_ids), of_y.transpose(1, 2));
  return sum(abs(weights) * softplus(-sign(weights) * scores, 1, std::numeric_limits<double>::infinity()));
}

void check_ids(const char* which, const Tensor& ids, const Tensor& table) {
  check(ids.dtype() == int64 && ids.rank() == 2, "logistic_pairs_sum", which,
        "_ids must be int64 (blocks, n), got ", name(ids.dtype()), " ", ids.shape());
  const int64_t *id = detail::pointer<int64_t>(ids), classes = table.size(0);
  for (int64_t i = 0; i < ids.numel(); ++i)
    if (id[i] < -1 || id[i] >= classes) [[unlikely]]
      fail("logistic_pairs_sum",
           text("Id ", id[i], " at block ", i / ids.size(1), ", position ", i % ids.size(1), " of ", which,
                "_ids is outside the ", classes, " rows of ", which, " (valid are 0..", classes - 1,
                ", and -1 for none)"));
}

Sizes checked(const Tensor& x, const Tensor& y, const Tensor& x_ids, const Tensor& y_ids,
              const Tensor& weights, const Tensor& mixes) {
  check(x.rank() == 2 && y.rank() == 2 && x.size(1) == y.size(1) && x.dtype() == y.dtype(),
        "logistic_pairs_sum", "Needs tables x (rows, dim) and y (rows, dim) of one dtype, got ",
        name(x.dtype()), " ", x.shape(), " and ", name(y.dtype()), " ", y.shape());
  check_ids("x", x_ids, x);
  check_ids("y", y_ids, y);
  Sizes s{x_ids.size(0), x_ids.size(1), y_ids.size(1), x.size(1), y_ids.size(1)};
  if (mixes.defined()) {
    check(
        mixes.rank() == 3 && mixes.size(0) == s.blocks && mixes.size(2) == s.k && mixes.dtype() == x.dtype(),
        "logistic_pairs_sum", "Needs ", name(x.dtype()), " mixes (", s.blocks, ", n, ", s.k, ") for y_ids ",
        y_ids.shape(), ", got ", name(mixes.dtype()), " ", mixes.shape());
    s.n = mixes.size(1);
  }
  check(y_ids.size(0) == s.blocks && weights.shape() == Shape{s.blocks, s.m, s.n} &&
            weights.dtype() == x.dtype(),
        "logistic_pairs_sum", "Needs ", name(x.dtype()), " weights (", s.blocks, ", ", s.m, ", ", s.n,
        ") for x_ids ", x_ids.shape(), " and y_ids ", y_ids.shape(), ", got ", name(weights.dtype()), " ",
        weights.shape());
  return s;
}

}  // namespace

Tensor logistic_pairs_sum(const Tensor& x, const Tensor& y, const Tensor& x_ids, const Tensor& y_ids,
                          const Tensor& weights, const Tensor& mixes) {
  detail::about_to_read(x, x_ids);
  detail::about_to_read(y, y_ids);
  Tensor x_id = x_ids.contiguous(), y_id = y_ids.contiguous(), of_pairs = weights.detach().contiguous();
  Tensor mix = mixes.defined() ? mixes.detach().contiguous() : mixes;
  Sizes s = checked(x, y, x_id, y_id, of_pairs, mix);
  auto wanted = [&](const Tensor& table, int64_t rows) {
    return grad_enabled() && table.requires_grad() ? empty({s.blocks, rows, s.dim}, table.dtype()) : Tensor();
  };
  Tensor dx = wanted(x, s.m), dy = wanted(y, s.k);
  double loss = dispatch_floating("logistic_pairs_sum", x.dtype(), [&]<class T>(T) {
    Tensor from_x = x.detach().contiguous(), from_y = y.detach().contiguous();
    std::vector<double> losses(static_cast<size_t>(s.blocks));
    auto at = [](const Tensor& of, int64_t start) {
      return of.defined() ? detail::pointer<T>(of) + start : nullptr;
    };
    parallel_blocks(s.blocks, [&](int64_t b) {
      losses[static_cast<size_t>(b)] = block_loss<T>(
          s, from_x, from_y, detail::pointer<int64_t>(x_id) + b * s.m,
          detail::pointer<int64_t>(y_id) + b * s.k, detail::pointer<T>(of_pairs) + b * s.m * s.n,
          at(mix, b * s.n * s.k), at(dx, b * s.m * s.dim), at(dy, b * s.k * s.dim));
    });
    double total = 0;
    for (double each : losses) total += each;
    return total;
  });
  return record(
      "logistic_pairs_sum", tensor(loss, x.dtype()), {x, y},
      [grads = std::vector<Saved>{Saved(dx), Saved(dy)}, ids = std::vector<Saved>{Saved(x_id), Saved(y_id)},
       x = Saved(x), y = Saved(y), weights = Saved(of_pairs), mix = Saved(mix)](const Tensor& g, Grads& out) {
        if (grad_enabled()) {
          auto by_ops = [&](const std::vector<Tensor>& in) {
            return composed(in[0], in[1], ids[0], ids[1], weights, mix);
          };
          return detail::composed_gradients(by_ops, {x, y}, g, out);
        }
        for (int i = 0; i < 2; ++i) {
          if (!out.needs(i)) continue;
          RowGrad rows = RowGrad::of_lookup(ids[i], *grads[i], (i ? *y : *x).size(0));
          if (double factor = g.item<double>(); factor != 1) rows.scale(factor);
          out[i] += std::move(rows);
        }
      });
}

static Tensor pair_ids(bool second) {
  return second ? tensor({{0, 3, 2, 3}, {1, -1, 4, 0}}) : tensor({{2, 0, 2}, {-1, 1, 0}});
}

static Tensor pair_weights(Dtype dtype) {
  return tensor(
             {{{1, 0, -2, -1}, {0, 1, -2, 0}, {3, 0, 0, -1}}, {{1, 1, 1, 1}, {-1, 0, 2, -1}, {0, 0, 0, -3}}})
             .to(dtype) /
         2;
}

static Tensor pair_mixes(Dtype dtype) {
  return tensor({{{1, 0, 2, -1}, {0, 3, 0, 1}}, {{0, 2, 1, 1}, {1, 1, 0, 0}}}).to(dtype) / 4;
}

// The formula in loops.
static Tensor pairs_by_hand(const std::vector<Tensor>& in, const Tensor& weights, const Tensor& mixes) {
  const int64_t dim = in[0].size(1), n = weights.size(2);
  const auto x_ids = pair_ids(false).to_vector<int64_t>(), y_ids = pair_ids(true).to_vector<int64_t>();
  const auto w = weights.to_vector<double>(), mix = mixes.to_vector<double>();
  double loss = 0;
  for (int64_t p = 0; p < weights.numel(); ++p) {
    const int64_t b = p / (3 * n), x = x_ids[static_cast<size_t>(p / n)];
    double score = 0;
    for (int64_t k = 0; k < 4; ++k) {
      const int64_t y = y_ids[static_cast<size_t>(b * 4 + k)];
      for (int64_t d = 0; x >= 0 && y >= 0 && d < dim; ++d)
        score += mix[static_cast<size_t>((b * n + p % n) * 4 + k)] * in[0].data<double>()[x * dim + d] *
                 in[1].data<double>()[y * dim + d];
    }
    const double weight = w[static_cast<size_t>(p)];
    loss += std::abs(weight) * std::log(1 + std::exp(weight > 0 ? -score : score));
  }
  return tensor(loss, float64);
}

EXAMPLE(
    logistic_pairs_sum, .shapes = {{{3, 4}, {5, 4}}, {{3, 0}, {5, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return logistic_pairs_sum(in[0], in[1], pair_ids(false), pair_ids(true),
                                    pair_weights(in[0].dtype()));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor each = eye(4).to(float64);
          return pairs_by_hand(in, pair_weights(float64), stack({each, each}));
        },
    .bad =
        [] {
          logistic_pairs_sum(ones({2, 3}), ones({4, 3}), tensor({{0, 2}}), tensor({{0}}), ones({1, 2, 1}));
        },
    .error =
        "[logistic_pairs_sum] Id 2 at block 0, position 1 of x_ids is outside the 2 rows of x (valid are 0..1, and "
        "-1 for none)");

EXAMPLE(
    logistic_pairs_sum, .shapes = {{{3, 4}, {5, 4}}, {{3, 0}, {5, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return logistic_pairs_sum(in[0], in[1], pair_ids(false), pair_ids(true),
                                    pair_weights(in[0].dtype()).narrow(2, 0, 2), pair_mixes(in[0].dtype()));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return pairs_by_hand(in, pair_weights(float64).narrow(2, 0, 2).contiguous(), pair_mixes(float64));
        },
    .bad =
        [] {
          logistic_pairs_sum(ones({2, 3}), ones({4, 3}), tensor({{0, 1}}), tensor({{0}}), ones({1, 2, 1}),
                             ones({1, 1, 2}));
        },
    .error = "[logistic_pairs_sum] Needs float32 mixes (1, n, 1) for y_ids [1, 1], got float32 [1, 1, 2]");

}  // namespace lexigrad
