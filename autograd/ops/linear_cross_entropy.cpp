// The head of a language model without its logits. Rows are taken in chunks; a chunk's logits are tiles over
// the vocabulary that become, in place, exp(logit - tile maximum), then the gradient of the loss. Backward
// only scales.
#include <cmath>

#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/kernels/skinny.h"
#include "lexigrad/autograd/kernels/softmax.h"
#include "lexigrad/autograd/op.h"
#include "lexigrad/autograd/targets.h"

namespace lexigrad {
namespace {

constexpr int64_t chunk_rows = 512, groups = 16;

template <class T>
struct Head {
  // B rows (tokens), C features, V classes.
  int64_t rows, dim, classes, ignore_index;
  const T *x, *weight, *bias;  // (B, C), (V, C), (V) or null
  const int64_t* targets;      // (B)
  T scale;                     // of the gradients: 1 / number of targets that count
  T *dx, *dweight, *dbias;     // null where not wanted
  Tensor tiles_memory{}, max_memory{}, sum_memory{}, dx_memory{}, xt_memory{};
  int64_t tiles = 0, tile_width = 0;
  bool skinny = false;  // so few rows that packing would cost more than the products
  double loss = 0;

  // Where tile t of a chunk of n rows starts: tiles lie one after another, n rows each.
  T* tile(int64_t t, int64_t n) { return detail::pointer<T>(tiles_memory) + t * tile_width * n; }
  int64_t width(int64_t t) const { return std::min(tile_width, classes - t * tile_width); }

  void run() {
    skinny = rows <= kernels::skinny_rows;
    tile_width = skinny ? 256 : 1024;
    tiles = (classes + tile_width - 1) / tile_width;
    int64_t n = std::min(rows, chunk_rows);
    tiles_memory = empty({n * classes}, dtype_of<T>);
    max_memory = empty({tiles, n}, dtype_of<T>);
    sum_memory = empty({tiles, n}, dtype_of<T>);
    if (skinny) {
      xt_memory = empty({dim, rows}, dtype_of<T>);
      kernels::transpose<T>(x, detail::pointer<T>(xt_memory), rows, dim);
    }
    if (dx) dx_memory = empty({std::min(groups, tiles), n, dim}, dtype_of<T>);
    for (int64_t first = 0; first < rows; first += chunk_rows)
      chunk(first, std::min(chunk_rows, rows - first));
  }

  void chunk(int64_t first, int64_t n) {
    std::vector<double> target_logit(static_cast<size_t>(n), 0), lse(static_cast<size_t>(n));
    parallel_blocks(tiles, [&](int64_t t) { exponentials(t, first, n, target_logit.data()); });
    for (int64_t r = 0; r < n; ++r) {
      lse[r] = log_sum_exp(r, n);
      if (targets[first + r] != ignore_index) loss += lse[r] - target_logit[r];
    }
    if (!dx && !dweight && !dbias) return;
    int64_t count = std::min(groups, tiles);
    parallel_blocks(count, [&](int64_t g) {
      for (int64_t t = g * tiles / count; t < (g + 1) * tiles / count; ++t)
        gradients(t, g, t == g * tiles / count, first, n, lse.data());
    });
    if (dx) sum_groups(first, n, count);
  }

  void exponentials(int64_t t, int64_t first, int64_t n, double* target_logit) {
    int64_t w = width(t), from = t * tile_width;
    T* e = tile(t, n);
    if (skinny) {
      Tensor by_class = empty({w, n}, dtype_of<T>);
      T* c = detail::pointer<T>(by_class);
      if (bias)
        for (int64_t j = 0; j < w; ++j) std::fill(c + j * n, c + (j + 1) * n, bias[from + j]);
      kernels::skinny_product<T>(w, n, dim, weight + from * dim, dim, 1, detail::pointer<T>(xt_memory), n,
                                 bias != nullptr, c, n);
      kernels::transpose<T>(c, e, w, n);
    } else {
      if (bias)
        for (int64_t r = 0; r < n; ++r) std::copy(bias + from, bias + from + w, e + r * w);
      kernels::gemm_tile<T>(n, w, dim, {x + first * dim, dim}, {weight + from * dim, dim, true},
                            bias ? T{1} : T{0}, e, w);
    }
    for (int64_t r = 0; r < n; ++r) {
      int64_t target = targets[first + r];
      if (target >= from && target < from + w)
        target_logit[r] = static_cast<double>(e[r * w + target - from]);
      T max = kernels::row_max<T>(e + r * w, w);
      detail::pointer<T>(max_memory)[t * n + r] = max;
      detail::pointer<T>(sum_memory)[t * n + r] = kernels::exp_shifted<T>(e + r * w, max, w);
    }
  }

  double log_sum_exp(int64_t r, int64_t n) {
    const T *maxima = detail::pointer<T>(max_memory), *sums = detail::pointer<T>(sum_memory);
    double max = -INFINITY, total = 0;
    for (int64_t t = 0; t < tiles; ++t) max = std::max(max, static_cast<double>(maxima[t * n + r]));
    for (int64_t t = 0; t < tiles; ++t)
      total += static_cast<double>(sums[t * n + r]) * std::exp(static_cast<double>(maxima[t * n + r]) - max);
    return max + std::log(total);
  }

  void gradients(int64_t t, int64_t group, bool first_of_group, int64_t first, int64_t n, const double* lse) {
    int64_t w = width(t), from = t * tile_width;
    T* p = tile(t, n);
    for (int64_t r = 0; r < n; ++r) {
      int64_t target = targets[first + r];
      double shift = static_cast<double>(detail::pointer<T>(max_memory)[t * n + r]) - lse[r];
      kernels::scale<T>(p + r * w, target == ignore_index ? T{0} : static_cast<T>(std::exp(shift)) * scale,
                        w);
      if (target >= from && target < from + w && target != ignore_index) p[r * w + target - from] -= scale;
    }
    if (dweight && skinny)
      kernels::skinny_product<T>(w, dim, n, p, 1, w, x, dim, false, dweight + from * dim, dim);
    else if (dweight)
      kernels::gemm_tile<T>(w, dim, n, {p, w, true}, {x + first * dim, dim}, first == 0 ? T{0} : T{1},
                            dweight + from * dim, dim);
    if (dbias) {
      if (first == 0) std::fill(dbias + from, dbias + from + w, T{0});
      kernels::add_rows<T>(dbias + from, p, n, w, w);
    }
    T* group_dx = dx ? detail::pointer<T>(dx_memory) + group * n * dim : nullptr;
    if (dx && skinny)
      kernels::skinny_product<T>(n, dim, w, p, w, 1, weight + from * dim, dim, !first_of_group, group_dx,
                                 dim);
    else if (dx)
      kernels::gemm_tile<T>(n, dim, w, {p, w}, {weight + from * dim, dim}, first_of_group ? T{0} : T{1},
                            group_dx, dim);
  }

  void sum_groups(int64_t first, int64_t n, int64_t count) {
    const T* parts = detail::pointer<T>(dx_memory);
    parallel_ranges(n * dim, detail::block_elements, [&](int64_t begin, int64_t end) {
      std::copy(parts + begin, parts + end, dx + first * dim + begin);
      for (int64_t g = 1; g < count; ++g)
        kernels::add_scaled<T>(dx + first * dim + begin, parts + g * n * dim + begin, T{1}, end - begin);
    });
  }
};

void check_head(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(x.rank() >= 1 && weight.rank() == 2 && weight.size(0) > 0 && x.size(-1) == weight.size(1),
        "linear_cross_entropy", "Needs x (..., dim) and weight (classes, dim), got ", x.shape(), " and ",
        weight.shape());
  check(x.dtype() == weight.dtype(), "linear_cross_entropy", "x is ", name(x.dtype()), ", weight ",
        name(weight.dtype()), ". Hint: x.to(dtype) converts");
  if (bias.defined())
    check(bias.shape() == Shape{weight.size(0)} && bias.dtype() == x.dtype(), "linear_cross_entropy",
          "Bias must be ", name(x.dtype()), " [", weight.size(0), "], got ", name(bias.dtype()), " ",
          bias.shape());
}

}  // namespace

Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                            int64_t ignore_index) {
  check_head(x, weight, bias);
  Tensor target = detail::checked_targets("linear_cross_entropy", targets, x.shape().without(x.rank() - 1),
                                          weight.size(0), ignore_index);
  Tensor from = x.detach().contiguous(), table = weight.detach().contiguous(),
         offset = bias.defined() ? bias.detach().contiguous() : bias;
  const int64_t* t = detail::pointer<int64_t>(target);
  int64_t counted = target.numel() - std::count(t, t + target.numel(), ignore_index);
  auto wanted = [&](const Tensor& input) {
    return grad_enabled() && input.defined() && input.requires_grad() ? empty(input.shape(), input.dtype())
                                                                      : Tensor();
  };
  Tensor dx = wanted(x), dweight = wanted(weight), dbias = wanted(bias);
  return dispatch_floating("linear_cross_entropy", x.dtype(), [&]<class T>(T) {
    auto at = [](const Tensor& tensor) { return tensor.defined() ? detail::pointer<T>(tensor) : nullptr; };
    double scale = 1 / static_cast<double>(std::max<int64_t>(counted, 1));
    Head<T> head{.rows = target.numel(),
                 .dim = weight.size(1),
                 .classes = weight.size(0),
                 .ignore_index = ignore_index,
                 .x = at(from),
                 .weight = at(table),
                 .bias = at(offset),
                 .targets = t,
                 .scale = static_cast<T>(scale),
                 .dx = at(dx),
                 .dweight = at(dweight),
                 .dbias = at(dbias)};
    head.run();
    if (head.rows == 0)
      for (const Tensor& g : {dweight, dbias})
        if (g.defined()) g.fill_(0);
    std::vector<Tensor> inputs{x, weight};
    if (bias.defined()) inputs.push_back(bias);
    return record("linear_cross_entropy", tensor(head.loss, x.dtype()), inputs,
                  [grads = std::vector<Saved>{Saved(dx), Saved(dweight), Saved(dbias)}, counted, x = Saved(x),
                   weight = Saved(weight), bias = Saved(bias), target,
                   ignore_index](const Tensor& dy, Grads& out) mutable {
                    if (grad_enabled()) {
                      auto composed = [&](const std::vector<Tensor>& in) {
                        return linear_cross_entropy_composed(
                            in[0], in[1], in[2], target.reshape(in[0].shape().without(in[0].rank() - 1)),
                            ignore_index);
                      };
                      return detail::composed_gradients(composed, {x, weight, bias}, dy, out);
                    }
                    // The gradients already carry 1 / count: for the mean nothing is left to do.
                    T factor = dy.item<T>() * static_cast<T>(std::max<int64_t>(counted, 1));
                    bool scaled = std::abs(factor - T{1}) > 2 * std::numeric_limits<T>::epsilon();
                    for (int i = 0; i < out.count(); ++i) {
                      if (!out.needs(i)) continue;
                      Tensor g = out.last() ? grads[i].take() : scaled ? grads[i]->clone() : *grads[i];
                      if (scaled) g.mul_(static_cast<double>(factor));
                      out[i] += std::move(g);
                    }
                  });
  });
}

Tensor linear_cross_entropy_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                     const Tensor& targets, int64_t ignore_index) {
  return cross_entropy(linear(x, weight, bias), targets, ignore_index);
}

static Tensor example_targets() { return tensor({{1, 0, 4}, {-100, 2, 2}}); }

EXAMPLE(
    linear_cross_entropy, .shapes = {{{2, 3, 4}, {5, 4}, {5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return linear_cross_entropy(in[0], in[1], in[2], example_targets());
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          double loss = 0;
          for (int64_t r = 0; r < 6; ++r) {
            int64_t target = example_targets().data<int64_t>()[r];
            double sum = 0, chosen = 0;
            for (int64_t c = 0; c < 5; ++c) {
              double logit = in[2].data<double>()[c];
              for (int64_t k = 0; k < 4; ++k)
                logit += in[0].data<double>()[r * 4 + k] * in[1].data<double>()[c * 4 + k];
              sum += std::exp(logit);
              if (c == target) chosen = logit;
            }
            if (target >= 0) loss += std::log(sum) - chosen;
          }
          return tensor(loss, float64);
        },
    .bad =
        [] {
          linear_cross_entropy(ones({2, 3}), ones({4, 2}), {}, tensor({0, 1}));
        },
    .error = "[linear_cross_entropy] Needs x (..., dim) and weight (classes, dim), got [2, 3] and [4, 2]");

}  // namespace lexigrad
