#include <cmath>

#include "lexigrad/autograd/kernels/softmax.h"
#include "lexigrad/autograd/ops/shared/class_targets.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

int64_t rows_per_block(int64_t classes) {
  return std::max<int64_t>(1, detail::kBlockElements / std::max<int64_t>(classes, 1));
}

// (rows, 2): the largest of each row, and log sum exp of the row less that.
template <class T>
Tensor log_sum_exp(const Tensor& logits, int64_t rows, int64_t classes) {
  Tensor out = empty({rows, 2}, logits.dtype());
  parallel_ranges(rows, rows_per_block(classes), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* x = detail::pointer<T>(logits) + r * classes;
      T max = kernels::row_max<T>(x, classes), *to = detail::pointer<T>(out) + 2 * r;
      to[0] = max;
      to[1] = std::log1p(kernels::sum_exp_beside_max<T>(x, max, classes));
    }
  });
  return out;
}

// f(target) for each target that counts, else 0: positions' shape + (1).
template <class F>
Tensor by_target(const Tensor& targets, const Shape& positions, const detail::TargetWeights& weights,
                 Dtype dtype, const F& f) {
  std::vector<double> values;
  for (int64_t t : targets.to_vector<int64_t>()) values.push_back(weights.counts(t) ? f(t) : 0);
  return from_values<double>(values, positions.with(positions.rank(), 1)).to(dtype);
}

// The gradient by ops, for another one after it.
Tensor by_formula(const Tensor& logits, const Tensor& targets, const detail::TargetWeights& weights) {
  Shape positions = logits.shape().without(logits.rank() - 1);
  auto of = [&](auto f) { return by_target(targets, positions, weights, logits.dtype(), f); };
  Tensor counts = of([](int64_t) { return 1.0; }),
         on_target = of([&](int64_t t) { return weights.on_target(t); }),
         slope = of([&](int64_t t) { return weights.on_lse(t); });
  if (double z = weights.options().z_loss; z > 0)
    slope = slope + counts * logsumexp(logits, {-1}, true) * (2 * z);
  Tensor valid = targets * ne(targets, static_cast<double>(weights.options().ignore_index));
  Tensor hard = one_hot(valid.reshape(positions), logits.size(-1), logits.dtype()) * on_target;
  Tensor log_p = log_softmax(logits), g = exp(log_p) * (slope - hard) + expm1(log_p) * hard;
  if (weights.spread().defined()) g = g - weights.spread();
  return where(gt(counts, 0), g, 0);
}

template <class T>
struct Rows {
  const Tensor &logits, &lse, &targets;
  const detail::TargetWeights& weights;
  int64_t classes = logits.size(-1);
  const T* spread = weights.spread().defined() ? detail::pointer<T>(weights.spread()) : nullptr;

  const T* row(int64_t r) const { return detail::pointer<T>(logits) + r * classes; }
  T max_of(int64_t r) const { return detail::pointer<T>(lse)[2 * r]; }
  detail::LogSum lse_of(int64_t r) const {
    return {static_cast<double>(max_of(r)), static_cast<double>(detail::pointer<T>(lse)[2 * r + 1])};
  }
  int64_t target(int64_t r) const { return detail::pointer<int64_t>(targets)[r]; }

  double loss(int64_t r) const {
    int64_t t = target(r);
    if (!weights.counts(t)) return 0;
    double spread_logits = spread ? detail::spread_below(spread, row(r), max_of(r), classes) : 0;
    return weights.loss(t, lse_of(r), static_cast<double>(row(r)[t]), spread_logits);
  }

  void gradient(int64_t r, T dy, T* g) const {
    int64_t t = target(r);
    if (!weights.counts(t)) return static_cast<void>(std::fill(g, g + classes, T{0}));
    detail::LogSum sum = lse_of(r);
    T scale = dy * static_cast<T>(weights.slope(t, sum) * std::exp(-sum.rest));
    kernels::scaled_exp_shifted<T>(row(r), max_of(r), scale, g, classes);
    g[t] = dy * static_cast<T>(weights.target_slope(t, sum, static_cast<double>(row(r)[t])));
    if (spread) kernels::add_scaled<T>(g, spread, -dy, classes);
  }
};

}  // namespace

Tensor cross_entropy_sum(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  check(logits.rank() >= 1 && logits.size(-1) > 0, "cross_entropy_sum",
        "Logits must have shape (..., classes), got ", logits.shape());
  check(options.filter == 0, "cross_entropy_sum", "filter is ", options.filter,
        ", but only products with a head's weights can be left out. Hint: linear_cross_entropy_sum takes it");
  int64_t classes = logits.size(-1), rows = logits.numel() / classes;
  Tensor x = logits.detach().contiguous();
  Tensor target = detail::checked_targets(
      "cross_entropy_sum", targets, logits.shape().without(logits.rank() - 1), classes, options.ignore_index);
  return dispatch_floating("cross_entropy_sum", logits.dtype(), [&]<class T>(T) {
    detail::TargetWeights weights("cross_entropy_sum", options, classes, logits.dtype());
    Tensor lse = log_sum_exp<T>(x, rows, classes);
    Rows<T> all{x, lse, target, weights};
    double total = 0;
    for (int64_t r = 0; r < rows; ++r) total += all.loss(r);
    return record("cross_entropy_sum", tensor(total, logits.dtype()), {logits},
                  [logits = Saved(logits), x = Saved(x), lse, target = Saved(target), rows, weights](
                      const Tensor& dy, Grads& dx) {
                    if (grad_enabled()) {
                      dx[0] += dy * by_formula(logits, target, weights);
                      return;
                    }
                    Tensor grad = empty(logits->shape(), x->dtype());
                    Rows<T> all{x, lse, target, weights};
                    parallel_ranges(rows, rows_per_block(all.classes), [&](int64_t begin, int64_t end) {
                      for (int64_t r = begin; r < end; ++r)
                        all.gradient(r, dy.item<T>(), detail::pointer<T>(grad) + r * all.classes);
                    });
                    dx[0] += std::move(grad);
                  });
  });
}

static Tensor example_targets() { return tensor({{1, 0, 4}, {-100, 2, 2}}); }

static Tensor by_loops(const Tensor& logits, const CrossEntropyOptions& options) {
  double total = 0;
  for (int64_t r = 0; r < 6; ++r) {
    const double* z = logits.data<double>() + r * 5;
    int64_t target = example_targets().data<int64_t>()[r];
    if (target < 0) continue;
    double sum = 0;
    for (int64_t c = 0; c < 5; ++c) sum += std::exp(z[c]);
    double lse = std::log(sum);
    for (int64_t c = 0; c < 5; ++c) {
      double share = options.label_smoothing / 5 + (c == target ? 1 - options.label_smoothing : 0);
      double weight = options.class_weight.defined() ? 1 + 0.5 * static_cast<double>(c) : 1;
      total += share * weight * (lse - z[c]);
    }
    total += options.z_loss * lse * lse;
  }
  return tensor(total, float64);
}

static Tensor example_weight(Dtype dtype) { return tensor({1.0, 1.5, 2.0, 2.5, 3.0}, dtype); }

EXAMPLE(
    cross_entropy_sum, .shapes = {{{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return cross_entropy_sum(in[0], example_targets()); },
    .reference = [](const std::vector<Tensor>& in) { return by_loops(in[0], {}); },
    .bad =
        [] {
          cross_entropy_sum(ones({2, 3}), tensor({0, 3}));
        },
    .error =
        "[cross_entropy_sum] Target 3 at position 1 is outside the 3 classes (valid are 0..2, and -100 to "
        "ignore)");

EXAMPLE(
    cross_entropy_sum, .shapes = {{{2, 3, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return cross_entropy_sum(in[0], example_targets(),
                                   {.label_smoothing = 0.1, .class_weight = example_weight(in[0].dtype())});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return by_loops(in[0], {.label_smoothing = 0.1, .class_weight = example_weight(float64)});
        });

EXAMPLE(
    cross_entropy_sum, .shapes = {{{2, 3, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return cross_entropy_sum(in[0], example_targets(), {.label_smoothing = 0.3, .z_loss = 0.2});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return by_loops(in[0], {.label_smoothing = 0.3, .z_loss = 0.2});
        });

}  // namespace lexigrad
