#include <cmath>

#include "lexigrad/autograd/kernels/softmax.h"
#include "lexigrad/autograd/op.h"
#include "lexigrad/autograd/targets.h"

namespace lexigrad {
namespace {

int64_t rows_per_block(int64_t classes) {
  return std::max<int64_t>(1, detail::block_elements / std::max<int64_t>(classes, 1));
}

// log sum exp of each row.
template <class T>
Tensor log_sum_exp(const Tensor& logits, int64_t rows, int64_t classes) {
  Tensor out = empty({rows}, logits.dtype());
  parallel_ranges(rows, rows_per_block(classes), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* x = detail::pointer<T>(logits) + r * classes;
      T max = kernels::row_max<T>(x, classes);
      detail::pointer<T>(out)[r] = max + std::log(kernels::sum_exp_shifted<T>(x, max, classes));
    }
  });
  return out;
}

// softmax(logits) less the one-hot targets; 0 where the target is ignored.
Tensor by_formula(const Tensor& logits, const Tensor& targets, int64_t ignore_index) {
  Tensor counts = ne(targets, full({}, static_cast<double>(ignore_index), int64));
  Tensor expected = one_hot(targets * counts, logits.size(-1), logits.dtype());
  return (softmax(logits) - expected) * counts.reshape(targets.shape().with(targets.rank(), 1));
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, int64_t ignore_index) {
  check(logits.rank() >= 1 && logits.size(-1) > 0, "cross_entropy",
        "Logits must have shape (..., classes), got ", logits.shape());
  int64_t classes = logits.size(-1), rows = logits.numel() / classes;
  Tensor x = logits.detach().contiguous();
  Tensor target = detail::checked_targets("cross_entropy", targets, logits.shape().without(logits.rank() - 1),
                                          classes, ignore_index);
  const int64_t* t = detail::pointer<int64_t>(target);
  return dispatch_floating("cross_entropy", logits.dtype(), [&]<class T>(T) {
    Tensor lse = log_sum_exp<T>(x, rows, classes);
    double total = 0;
    for (int64_t r = 0; r < rows; ++r)
      if (t[r] != ignore_index)
        total += static_cast<double>(detail::pointer<T>(lse)[r]) -
                 static_cast<double>(detail::pointer<T>(x)[r * classes + t[r]]);
    return record(
        "cross_entropy", tensor(total, logits.dtype()), {logits},
        [logits = Saved(logits), x, lse, target, rows, classes, ignore_index](const Tensor& dy, Grads& dx) {
          if (grad_enabled()) {
            dx[0] += dy * by_formula(logits, target, ignore_index);
            return;
          }
          Shape shape = logits->shape();
          T scale = dy.item<T>();
          const int64_t* t = detail::pointer<int64_t>(target);
          Tensor grad = empty(shape, x.dtype());
          parallel_ranges(rows, rows_per_block(classes), [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
              T* g = detail::pointer<T>(grad) + r * classes;
              if (t[r] == ignore_index) {
                std::fill(g, g + classes, T{0});
                continue;
              }
              kernels::scaled_exp_shifted<T>(detail::pointer<T>(x) + r * classes, detail::pointer<T>(lse)[r],
                                             scale, g, classes);
              g[t[r]] -= scale;
            }
          });
          dx[0] += std::move(grad);
        });
  });
}

EXAMPLE(
    cross_entropy, .shapes = {{{2, 3, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return cross_entropy(in[0], tensor({{1, 0, 4}, {-100, 2, 2}}));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          const int64_t target[] = {1, 0, 4, -100, 2, 2};
          double total = 0;
          for (int64_t r = 0; r < 6; ++r) {
            if (target[r] < 0) continue;
            double sum = 0;
            for (int64_t c = 0; c < 5; ++c) sum += std::exp(in[0].data<double>()[r * 5 + c]);
            total += std::log(sum) - in[0].data<double>()[r * 5 + target[r]];
          }
          return tensor(total, float64);
        },
    .bad =
        [] {
          cross_entropy(ones({2, 3}), tensor({0, 3}));
        },
    .error =
        "[cross_entropy] Target 3 at position 1 is outside the 3 classes (valid are 0..2, and -100 to "
        "ignore)");

}  // namespace lexigrad
