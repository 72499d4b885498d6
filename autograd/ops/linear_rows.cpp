#include <algorithm>
#include <type_traits>
#include <vector>

#include "lexigrad/autograd/base/memory/prefetch.h"
#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tape/row_reader.h"

namespace lexigrad {
namespace {

// n rows of x, k ids each; or k ids for all where shared.
struct Sizes {
  int64_t n, k, dim, classes;
  bool shared;
};

int64_t rows_per_block(const Sizes& s) {
  return std::max<int64_t>(1, detail::kBlockElements / std::max<int64_t>(s.k * s.dim, 1));
}

// f(i, j, row, id) for each id of x's own that is not -1; rows of the table, whose elements are W, are on their
// way when it runs.
template <class T, class W, class F>
void each_row_of(const Sizes& s, const Tensor& ids, const Tensor& table, const F& f) {
  const int64_t* id = detail::pointer<int64_t>(ids);
  const W* rows = detail::pointer<W>(table);
  parallel_ranges(s.n, rows_per_block(s), [&](int64_t begin, int64_t end) {
    std::vector<T> wide(std::is_same_v<T, W> ? 0 : static_cast<size_t>(s.dim));
    for (int64_t at = begin * s.k; at < end * s.k; ++at) {
      if (int64_t next = at + kRowsAhead; next < end * s.k && id[next] >= 0)
        prefetch(rows + id[next] * s.dim, s.dim * static_cast<int64_t>(sizeof(W)));
      if (id[at] < 0) continue;
      const W* row = rows + id[at] * s.dim;
      if constexpr (std::is_same_v<T, W>) {
        f(at / s.k, at, row, id[at]);
      } else {
        std::copy_n(row, s.dim, wide.data());
        f(at / s.k, at, wide.data(), id[at]);
      }
    }
  });
}

template <class T, class F>
void each_row(const Sizes& s, const Tensor& ids, const Tensor& table, const F& f) {
  if (table.dtype() == bfloat16) return each_row_of<T, BFloat16>(s, ids, table, f);
  each_row_of<T, T>(s, ids, table, f);
}

template <class T>
Tensor forward(const Sizes& s, const Tensor& x, const Tensor& table, const Tensor& bias, const Tensor& ids) {
  Tensor y = zeros({s.n, s.k}, dtype_of<T>);
  each_row<T>(s, ids, table, [&](int64_t i, int64_t at, const T* row, int64_t id) {
    T logit = kernels::dot<T>(detail::pointer<T>(x) + i * s.dim, row, s.dim);
    detail::pointer<T>(y)[at] = bias.defined() ? logit + detail::pointer<T>(bias)[id] : logit;
  });
  return y;
}

template <class T>
Tensor gradient_of_x(const Sizes& s, const Tensor& dy, const Tensor& table, const Tensor& ids) {
  Tensor dx = zeros({s.n, s.dim}, dtype_of<T>);
  each_row<T>(s, ids, table, [&](int64_t i, int64_t at, const T* row, int64_t) {
    kernels::add_scaled<T>(detail::pointer<T>(dx) + i * s.dim, row, detail::pointer<T>(dy)[at], s.dim);
  });
  return dx;
}

RowGrad of_bias(const Tensor& ids, const Tensor& dy, int64_t classes) {
  RowGrad g = RowGrad::of_lookup(ids, dy.reshape(ids.shape().with(ids.rank(), 1)), classes);
  return {g.indices(), g.values().reshape({g.count()}), classes};
}

void gradients(const Sizes& s, const Tensor& x, const Tensor& weight, const Tensor& ids, const Tensor& dy,
               Grads& dx) {
  Tensor g = dy.reshape({s.n, s.k}).contiguous(), from = x.detach().reshape({s.n, s.dim});
  if (s.shared) {
    if (dx.needs(0)) dx[0] += matmul(g, embedding(weight.detach(), ids)).reshape(x.shape());
    if (dx.needs(1)) dx[1] += RowGrad::of_lookup(ids, matmul(g.t(), from), s.classes);
    if (dx.count() > 2 && dx.needs(2)) dx[2] += of_bias(ids, sum(g, {0}), s.classes);
    return;
  }
  Tensor table = weight.detach().contiguous();
  if (dx.needs(0))
    dx[0] += dispatch_floating("linear_rows", g.dtype(), [&]<class T>(T) {
               return gradient_of_x<T>(s, g, table, ids);
             }).reshape(x.shape());
  if (dx.needs(1)) {
    Tensor owners = empty({s.n * s.k}, int64);
    for (int64_t i = 0; i < s.n * s.k; ++i) detail::pointer<int64_t>(owners)[i] = i / s.k;
    dx[1] += RowGrad::of_bags(ids, owners, g, from, s.classes);
  }
  if (dx.count() > 2 && dx.needs(2)) dx[2] += of_bias(ids, g, s.classes);
}

Tensor composed(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& ids) {
  Tensor counts = ge(ids, 0.0), valid = ids * counts;
  Tensor rows = masked_fill(embedding(weight, valid), unsqueeze(logical_not(counts), -1), 0);
  Tensor y = sum(unsqueeze(x, -2) * rows, {-1});
  if (bias.defined()) y = y + index_select(bias, 0, valid.reshape({ids.numel()})).reshape(ids.shape());
  return where(counts, y, 0);
}

Sizes checked(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& ids) {
  check(x.rank() >= 1 && weight.rank() == 2 && x.size(-1) == weight.size(1), "linear_rows",
        "Needs x (..., dim) and weight (classes, dim), got ", x.shape(), " and ", weight.shape());
  check(x.dtype() == arithmetic_dtype(weight.dtype()), "linear_rows", "x is ", name(x.dtype()), ", weight ",
        name(weight.dtype()), ". Hint: x.to(dtype) converts");
  int64_t classes = weight.size(0);
  if (bias.defined())
    check(bias.shape() == Shape{classes} && bias.dtype() == x.dtype(), "linear_rows", "Bias must be ",
          name(x.dtype()), " [", classes, "], got ", name(bias.dtype()), " ", bias.shape());
  Shape places = x.shape().without(x.rank() - 1);
  bool own = ids.rank() == x.rank() && ids.shape().without(ids.rank() - 1) == places;
  check(ids.dtype() == int64 && (own || ids.rank() == 1), "linear_rows",
        "Ids must be int64 (k) or (..., k) beside x ", x.shape(), ", got ", name(ids.dtype()), " ",
        ids.shape());
  const int64_t* id = detail::pointer<int64_t>(ids);
  for (int64_t i = 0; i < ids.numel(); ++i)
    if (id[i] >= classes || id[i] < (own ? -1 : 0)) [[unlikely]]
      fail("linear_rows", text("Id ", id[i], " is outside the ", classes, " rows of weight (valid are 0..",
                               classes - 1, own ? ", and -1 for none)" : ")"));
  return {places.numel(), ids.size(-1), x.size(-1), classes, !own};
}

}  // namespace

Tensor linear_rows(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& ids) {
  detail::about_to_read(weight, ids);
  if (bias.defined()) detail::about_to_read(bias, ids);
  Tensor id = ids.contiguous();
  Sizes s = checked(x, weight, bias, id);
  Shape shape = x.shape().without(x.rank() - 1).with(x.rank() - 1, s.k);
  Tensor y = dispatch_floating("linear_rows", x.dtype(), [&]<class T>(T) {
    NoGrad off;
    if (s.shared) {
      Tensor offset = bias.defined() ? index_select(bias, 0, id) : Tensor();
      return linear(x, embedding(weight, id), offset);
    }
    Tensor offset = bias.defined() ? bias.contiguous() : bias;
    return forward<T>(s, x.reshape({s.n, s.dim}).contiguous(), weight.contiguous(), offset, id)
        .reshape(shape);
  });
  std::vector<Tensor> inputs{x, weight};
  if (bias.defined()) inputs.push_back(bias);
  return record("linear_rows", std::move(y), inputs,
                [x = Saved(x), weight = Saved(weight), bias = Saved(bias), id = Saved(id), s](
                    const Tensor& dy, Grads& dx) {
                  if (!grad_enabled()) return gradients(s, x, weight, id, dy, dx);
                  auto by_ops = [&](const std::vector<Tensor>& in) {
                    return composed(in[0], in[1], in[2], id);
                  };
                  detail::composed_gradients(by_ops, {x, weight, bias}, dy, dx);
                });
}

static Tensor own_ids() { return tensor({{{2, 0}, {-1, 2}, {4, 4}}, {{1, 1}, {-1, -1}, {0, 3}}}); }

static Tensor by_loops(const std::vector<Tensor>& in, const Tensor& ids, bool shared) {
  Tensor y = zeros(in[0].shape().without(in[0].rank() - 1).with(in[0].rank() - 1, 2), float64);
  int64_t dim = in[0].size(-1);
  for (int64_t i = 0; i < y.numel(); ++i) {
    int64_t id = ids.data<int64_t>()[shared ? i % 2 : i];
    if (id < 0) continue;
    double total = in.size() > 2 ? in[2].data<double>()[id] : 0;
    for (int64_t d = 0; d < dim; ++d)
      total += in[0].data<double>()[i / 2 * dim + d] * in[1].data<double>()[id * dim + d];
    y.data<double>()[i] = total;
  }
  return y;
}

static Tensor bias_of(const std::vector<Tensor>& in) { return in.size() > 2 ? in[2] : Tensor(); }

EXAMPLE(
    linear_rows, .shapes = {{{2, 3, 4}, {5, 4}, {5}}, {{2, 3, 4}, {5, 4}}, {{2, 3, 0}, {5, 0}, {5}}},
    .apply = [](const std::vector<Tensor>& in) { return linear_rows(in[0], in[1], bias_of(in), own_ids()); },
    .reference = [](const std::vector<Tensor>& in) { return by_loops(in, own_ids(), false); },
    .bad =
        [] {
          linear_rows(ones({2}), ones({4, 2}), {}, tensor({4}));
        },
    .error = "[linear_rows] Id 4 is outside the 4 rows of weight (valid are 0..3, and -1 for none)");

EXAMPLE(
    linear_rows, .shapes = {{{2, 3, 4}, {5, 4}, {5}}, {{3, 4}, {5, 4}}, {{0, 4}, {5, 4}, {5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return linear_rows(in[0], in[1], bias_of(in), tensor({3, 1}));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return by_loops(in, tensor({3, 1}), true);
        });

}  // namespace lexigrad
