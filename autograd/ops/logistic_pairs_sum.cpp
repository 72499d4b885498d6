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

// In each of `blocks` blocks m rows of x meet k rows of y.
struct Sizes {
  int64_t blocks, m, k, dim;
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
                  const int64_t* y_ids, const T* weights, T* dx, T* dy) {
  const auto memory =
      std::make_unique_for_overwrite<T[]>(static_cast<size_t>((s.m + 2 * s.k) * s.dim + s.m * s.k));
  T *from_x = memory.get(), *from_y = from_x + s.m * s.dim, *turned = from_y + s.k * s.dim,
    *scores = turned + s.k * s.dim;
  take_rows(x, x_ids, s.m, s.dim, from_x);
  take_rows(y, y_ids, s.k, s.dim, from_y);
  kernels::transpose<T>(from_y, turned, s.k, s.dim);
  kernels::skinny_product<T>(s.m, s.k, s.dim, from_x, s.dim, 1, turned, s.k, false, scores, s.k);
  const auto loss = static_cast<double>(kernels::logistic_loss<T>(scores, weights, s.m * s.k));
  if (dx) kernels::skinny_product<T>(s.m, s.dim, s.k, scores, s.k, 1, from_y, s.dim, false, dx, s.dim);
  if (dy) kernels::skinny_product<T>(s.k, s.dim, s.m, scores, 1, s.k, from_x, s.dim, false, dy, s.dim);
  return loss;
}

Tensor composed(const Tensor& x, const Tensor& y, const Tensor& x_ids, const Tensor& y_ids,
                const Tensor& weights) {
  auto rows = [](const Tensor& table, const Tensor& ids) {
    Tensor none = lt(ids, 0.0);
    return masked_fill(embedding(table, where(none, 0, ids)), unsqueeze(none, -1), 0);
  };
  Tensor scores = bmm(rows(x, x_ids), rows(y, y_ids).transpose(1, 2));
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
              const Tensor& weights) {
  check(x.rank() == 2 && y.rank() == 2 && x.size(1) == y.size(1) && x.dtype() == y.dtype(),
        "logistic_pairs_sum", "Needs tables x (rows, dim) and y (rows, dim) of one dtype, got ",
        name(x.dtype()), " ", x.shape(), " and ", name(y.dtype()), " ", y.shape());
  check_ids("x", x_ids, x);
  check_ids("y", y_ids, y);
  Sizes s{x_ids.size(0), x_ids.size(1), y_ids.size(1), x.size(1)};
  check(y_ids.size(0) == s.blocks && weights.shape() == Shape{s.blocks, s.m, s.k} &&
            weights.dtype() == x.dtype(),
        "logistic_pairs_sum", "Needs ", name(x.dtype()), " weights (", s.blocks, ", ", s.m, ", ", s.k,
        ") for x_ids ", x_ids.shape(), " and y_ids ", y_ids.shape(), ", got ", name(weights.dtype()), " ",
        weights.shape());
  return s;
}

}  // namespace

Tensor logistic_pairs_sum(const Tensor& x, const Tensor& y, const Tensor& x_ids, const Tensor& y_ids,
                          const Tensor& weights) {
  detail::about_to_read(x, x_ids);
  detail::about_to_read(y, y_ids);
  Tensor x_id = x_ids.contiguous(), y_id = y_ids.contiguous(), of_pairs = weights.detach().contiguous();
  Sizes s = checked(x, y, x_id, y_id, of_pairs);
  auto wanted = [&](const Tensor& table, int64_t rows) {
    return grad_enabled() && table.requires_grad() ? empty({s.blocks, rows, s.dim}, table.dtype()) : Tensor();
  };
  Tensor dx = wanted(x, s.m), dy = wanted(y, s.k);
  double loss = dispatch_floating("logistic_pairs_sum", x.dtype(), [&]<class T>(T) {
    Tensor from_x = x.detach().contiguous(), from_y = y.detach().contiguous();
    std::vector<double> losses(static_cast<size_t>(s.blocks));
    auto at = [](const Tensor& grad, int64_t start) {
      return grad.defined() ? detail::pointer<T>(grad) + start : nullptr;
    };
    parallel_blocks(s.blocks, [&](int64_t b) {
      losses[static_cast<size_t>(b)] = block_loss<T>(
          s, from_x, from_y, detail::pointer<int64_t>(x_id) + b * s.m,
          detail::pointer<int64_t>(y_id) + b * s.k, detail::pointer<T>(of_pairs) + b * s.m * s.k,
          at(dx, b * s.m * s.dim), at(dy, b * s.k * s.dim));
    });
    double total = 0;
    for (double each : losses) total += each;
    return total;
  });
  return record(
      "logistic_pairs_sum", tensor(loss, x.dtype()), {x, y},
      [grads = std::vector<Saved>{Saved(dx), Saved(dy)}, ids = std::vector<Saved>{Saved(x_id), Saved(y_id)},
       x = Saved(x), y = Saved(y), weights = Saved(of_pairs)](const Tensor& g, Grads& out) {
        if (grad_enabled()) {
          auto by_ops = [&](const std::vector<Tensor>& in) {
            return composed(in[0], in[1], ids[0], ids[1], weights);
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

EXAMPLE(
    logistic_pairs_sum, .shapes = {{{3, 4}, {5, 4}}, {{3, 0}, {5, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return logistic_pairs_sum(in[0], in[1], pair_ids(false), pair_ids(true),
                                    pair_weights(in[0].dtype()));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          double loss = 0;
          const Tensor weights = pair_weights(float64);
          for (int64_t p = 0; p < 24; ++p) {
            int64_t i = pair_ids(false).data<int64_t>()[p / 4],
                    j = pair_ids(true).data<int64_t>()[p / 12 * 4 + p % 4];
            double w = weights.data<double>()[p], score = 0;
            for (int64_t d = 0; i >= 0 && j >= 0 && d < in[0].size(1); ++d)
              score +=
                  in[0].data<double>()[i * in[0].size(1) + d] * in[1].data<double>()[j * in[0].size(1) + d];
            loss += std::abs(w) * std::log(1 + std::exp(w > 0 ? -score : score));
          }
          return tensor(loss, float64);
        },
    .bad =
        [] {
          logistic_pairs_sum(ones({2, 3}), ones({4, 3}), tensor({{0, 2}}), tensor({{0}}), ones({1, 2, 1}));
        },
    .error =
        "[logistic_pairs_sum] Id 2 at block 0, position 1 of x_ids is outside the 2 rows of x (valid are 0..1, and "
        "-1 for none)");

}  // namespace lexigrad
