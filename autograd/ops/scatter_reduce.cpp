#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// What any value reduced with gives itself.
Tensor neutral(Reduce reduce, Dtype dtype) {
  return dispatch(dtype, [&]<class T>(T) {
    using Limits = std::numeric_limits<T>;
    T most = Limits::has_infinity ? Limits::infinity() : Limits::max();
    T least = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    const T value[] = {reduce == Reduce::amax   ? least
                       : reduce == Reduce::amin ? most
                                                : static_cast<T>(reduce == Reduce::prod)};
    return from_values<T>(value, {});
  });
}

// Ties share the gradient.
Tensor extremes(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source, detail::Put how) {
  Tensor y = clone(x.detach());
  detail::put(y, source, detail::everywhere(y, dim, ids), dim, how);
  return record("scatter_reduce", std::move(y), {x, source},
                [dim, ids = Saved(ids), x = Saved(x), source = Saved(source)](const Tensor& dy,
                                                                              const Tensor& y, Grads& dx) {
                  Tensor own = eq(x, y).to(dy.dtype()),
                         others = eq(source, gather(y, dim, ids)).to(dy.dtype());
                  Tensor part = dy / scatter_add(own, dim, ids, others);
                  dx[0] += own * part;
                  if (dx.needs(1)) dx[1] += others * gather(part, dim, ids);
                });
}

// What a product with `zero_count` zeros among its factors, and `rest` for its other factors, is without factor x.
Tensor without(const Tensor& x, const Tensor& rest, const Tensor& zero_count) {
  Tensor zero = eq(x, 0);
  return where(eq(zero_count, zero.to(zero_count.dtype())), rest / masked_fill(x, zero, 1), 0);
}

Tensor products(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source) {
  Tensor y = clone(x.detach());
  detail::put(y, source, detail::everywhere(y, dim, ids), dim, detail::Put::multiply);
  return record("scatter_reduce", std::move(y), {x, source},
                [dim, ids = Saved(ids), x = Saved(x), source = Saved(source)](const Tensor& dy, Grads& dx) {
                  Tensor own = eq(x, 0), others = eq(source, 0);
                  Tensor zero_count = scatter_add(own.to(dy.dtype()), dim, ids, others.to(dy.dtype()));
                  Tensor rest = products(masked_fill(x, own, 1), dim, ids, masked_fill(source, others, 1));
                  dx[0] += dy * without(x, rest, zero_count);
                  if (dx.needs(1))
                    dx[1] += gather(dy, dim, ids) *
                             without(source, gather(rest, dim, ids), gather(zero_count, dim, ids));
                });
}

Tensor means(const Tensor& total, int64_t dim, const Tensor& ids, bool include_self) {
  Tensor own = ones(total.shape(), total.dtype());
  if (!include_self) own = scatter(own, dim, ids, 0);
  Tensor count = clamp(scatter_add(own, dim, ids, ones(ids.shape(), total.dtype())), 1);
  return is_floating(total.dtype()) ? total / count : floor_divide(total, count);
}

}  // namespace

Tensor scatter_reduce(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source, Reduce reduce,
                      bool include_self) {
  if (x.rank() == 0 && ids.rank() == 0 && source.rank() == 0)
    return squeeze(
        scatter_reduce(unsqueeze(x, 0), dim, unsqueeze(ids, 0), unsqueeze(source, 0), reduce, include_self),
        0);
  dim = wrap_dim("scatter_reduce", dim, x.rank());
  Tensor used = detail::scatter_source("scatter_reduce", x, dim, ids, source);
  Tensor from = include_self ? x : scatter(x, dim, ids, expand(neutral(reduce, x.dtype()), ids.shape()));
  switch (reduce) {
    case Reduce::sum:
      return scatter_add(from, dim, ids, used);
    case Reduce::mean:
      return means(scatter_add(from, dim, ids, used), dim, ids, include_self);
    case Reduce::prod:
      return products(from, dim, ids, used);
    default:
      return extremes(from, dim, ids, used,
                      reduce == Reduce::amax ? detail::Put::largest : detail::Put::smallest);
  }
}
Tensor Tensor::scatter_reduce(int64_t dim, const Tensor& ids, const Tensor& source, Reduce reduce,
                              bool include_self) const {
  return lexigrad::scatter_reduce(*this, dim, ids, source, reduce, include_self);
}

namespace {

// Columns 3, 0, 3 and 1, 1, 1 of the two rows of x (3, 4) reduced with source (2, 3).
Example reducing(Reduce reduce, double (*f)(double, double), bool include_self) {
  return {
      .shapes = {{{3, 4}, {2, 3}}},
      .apply =
          [=](const std::vector<Tensor>& in) {
            return scatter_reduce(in[0], 1, tensor({{3, 0, 3}, {1, 1, 1}}), in[1], reduce, include_self);
          },
      .reference =
          [=](const std::vector<Tensor>& in) {
            Tensor y = in[0].clone(), count = full({3, 4}, include_self ? 1 : 0, float64);
            int64_t places[] = {3, 0, 3, 5, 5, 5};
            for (int64_t i = 0; i < 6; ++i) {
              double& at = y.data<double>()[places[i]];
              at = count.data<double>()[places[i]]++ == 0 ? in[1].data<double>()[i]
                                                          : f(at, in[1].data<double>()[i]);
            }
            for (int64_t i = 0; i < 12 && reduce == Reduce::mean; ++i)
              y.data<double>()[i] /= std::max(1.0, count.data<double>()[i]);
            return y;
          },
      .bad = [] { scatter_reduce(ones({2}), 0, tensor({2}), ones({1}), Reduce::sum); },
      .error =
          "[scatter_reduce] Id 2 at position 0 is outside dimension 0 of a tensor of shape [2] (valid are "
          "0..1)"};
}
double plus(double a, double b) { return a + b; }
double times(double a, double b) { return a * b; }
double larger(double a, double b) { return std::max(a, b); }
double smaller(double a, double b) { return std::min(a, b); }

}  // namespace

EXAMPLE(scatter_reduce, reducing(Reduce::sum, plus, true));
EXAMPLE(scatter_reduce, reducing(Reduce::sum, plus, false));
EXAMPLE(scatter_reduce, reducing(Reduce::mean, plus, true));
EXAMPLE(scatter_reduce, reducing(Reduce::mean, plus, false));
EXAMPLE(scatter_reduce, reducing(Reduce::prod, times, true));
EXAMPLE(scatter_reduce, reducing(Reduce::prod, times, false));
EXAMPLE(scatter_reduce, reducing(Reduce::amax, larger, true));
EXAMPLE(scatter_reduce, reducing(Reduce::amax, larger, false));
EXAMPLE(scatter_reduce, reducing(Reduce::amin, smaller, true));
EXAMPLE(scatter_reduce, reducing(Reduce::amin, smaller, false));

}  // namespace lexigrad
