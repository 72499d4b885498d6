// The head of a language model without its logits. Rows are taken in chunks; a chunk's logits
// are tiles over the vocabulary that become, in place, exp(logit - tile maximum), then the
// gradient of the loss. Backward only scales.
#include <cmath>

#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/autograd/kernels/skinny.h"
#include "lexigrad/autograd/kernels/softmax.h"
#include "lexigrad/autograd/ops/shared/class_targets.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

constexpr int64_t kChunkRows = 512, kGroups = 16;

// What label smoothing adds: the sum of spread[c] z[c] over all classes is one product of x with a mixture of
// the weights' rows, so that no tile knows of it.
template <class T>
struct Spread {
  const T* by_class = nullptr;        // (V); null where nothing is spread
  Tensor mixture_memory, x_memory{};  // (C): sum of by_class[c] weight[c]; of scale x[r] over rows that count
  std::vector<double> tile_sums{};    // of by_class over the classes of each tile
  T row_sum = 0;                      // scale times the number of rows that count

  const T* mixture() const { return detail::pointer<T>(mixture_memory); }
  const T* x_sum() const { return detail::pointer<T>(x_memory); }
};

template <class T>
struct Head {
  // B rows (tokens), C features, V classes.
  int64_t rows, dim, classes;
  const T *x, *weight, *bias;  // (B, C), (V, C) or null where it is stored as bfloat16, (V) or null
  const BFloat16* stored;      // the weight then
  const int64_t* targets;      // (B)
  const detail::TargetWeights& weights;
  T scale;                  // of the gradients: 1 / what the mean divides by
  T *dx, *dweight, *dbias;  // null where not wanted
  double filter = weights.options().filter;
  Spread<T> spread{};
  Tensor tiles_memory{}, max_memory{}, sum_memory{}, dx_memory{}, xt_memory{};
  std::vector<double> target_logits{}, spread_logits{};  // (n), and (tiles, n) less the tile's shift
  int64_t tiles = 0, tile_width = 0;
  bool skinny = false;  // so few rows that packing would cost more than the products
  double loss = 0;

  // Where tile t of a chunk of n rows starts: tiles lie one after another, n rows each.
  T* tile(int64_t t, int64_t n) { return detail::pointer<T>(tiles_memory) + t * tile_width * n; }
  int64_t width(int64_t t) const { return std::min(tile_width, classes - t * tile_width); }

  // The weights (w, C) of the classes from `from` on; stored ones are widened into `memory`.
  const T* weights_of(int64_t from, int64_t w, Tensor& memory) const {
    if (weight) return weight + from * dim;
    memory = empty({w, dim}, dtype_of<T>);
    std::copy_n(stored + from * dim, w * dim, detail::pointer<T>(memory));
    return detail::pointer<T>(memory);
  }

  void run() {
    skinny = rows <= kernels::kSkinnyRows;
    tile_width = skinny ? 256 : 1024;
    tiles = (classes + tile_width - 1) / tile_width;
    int64_t n = std::min(rows, kChunkRows);
    tiles_memory = empty({n * classes}, dtype_of<T>);
    max_memory = empty({tiles, n}, dtype_of<T>);
    sum_memory = empty({tiles, n}, dtype_of<T>);
    target_logits.assign(static_cast<size_t>(n), 0);
    if (skinny) {
      xt_memory = empty({dim, rows}, dtype_of<T>);
      kernels::transpose<T>(x, detail::pointer<T>(xt_memory), rows, dim);
    }
    if (weights.spread().defined()) prepare_spread();
    if (dx) dx_memory = empty({std::min(kGroups, tiles), n, dim}, dtype_of<T>);
    for (int64_t first = 0; first < rows; first += kChunkRows)
      chunk(first, std::min(kChunkRows, rows - first));
  }

  void prepare_spread() {
    spread.by_class = detail::pointer<T>(weights.spread());
    spread.mixture_memory = empty({dim}, dtype_of<T>);
    Tensor wide;
    kernels::gemm<T>(1, dim, classes, {spread.by_class, classes}, {weights_of(0, classes, wide), dim}, 0,
                     detail::pointer<T>(spread.mixture_memory), dim);
    spread_logits.resize(static_cast<size_t>(tiles * std::min(rows, kChunkRows)));
    for (int64_t t = 0; t < tiles; ++t)
      spread.tile_sums.push_back(
          static_cast<double>(kernels::sum<T>(spread.by_class + t * tile_width, width(t))));
    spread.x_memory = zeros({dim}, dtype_of<T>);
    for (int64_t r = 0; r < rows; ++r) {
      if (!weights.counts(targets[r])) continue;
      kernels::add_scaled<T>(detail::pointer<T>(spread.x_memory), x + r * dim, scale, dim);
      spread.row_sum += scale;
    }
  }

  void chunk(int64_t first, int64_t n) {
    std::vector<detail::LogSum> lse;
    parallel_blocks(tiles, [&](int64_t t) { exponentials(t, first, n); });
    for (int64_t r = 0; r < n; ++r) {
      lse.push_back(log_sum_exp(r, n));
      if (int64_t target = targets[first + r]; weights.counts(target))
        loss += weights.loss(target, lse[r], target_logits[r], spread_below_max(r, n, lse[r].max));
    }
    if (!dx && !dweight && !dbias) return;
    int64_t count = std::min(kGroups, tiles);
    parallel_blocks(count, [&](int64_t g) {
      for (int64_t t = g * tiles / count; t < (g + 1) * tiles / count; ++t)
        gradients(t, g, t == g * tiles / count, first, n, lse.data());
    });
    if (dx) sum_groups(first, n, count);
  }

  // What logits of a tile are less: 0 in a tile of -inf.
  static T shift_of(T max) { return max == -INFINITY ? T{0} : max; }

  double spread_below_max(int64_t r, int64_t n, double max) const {
    double total = 0;
    for (int64_t t = 0; t < tiles && spread.by_class; ++t) {
      double shift = static_cast<double>(shift_of(detail::pointer<T>(max_memory)[t * n + r]));
      total += spread_logits[t * n + r] + spread.tile_sums[t] * (shift - max);
    }
    return total;
  }

  void exponentials(int64_t t, int64_t first, int64_t n) {
    int64_t w = width(t), from = t * tile_width;
    T* e = tile(t, n);
    Tensor wide;
    const T* of_tile = weights_of(from, w, wide);
    if (skinny) {
      Tensor by_class = empty({w, n}, dtype_of<T>);
      T* c = detail::pointer<T>(by_class);
      if (bias)
        for (int64_t j = 0; j < w; ++j) std::fill(c + j * n, c + (j + 1) * n, bias[from + j]);
      kernels::skinny_product<T>(w, n, dim, of_tile, dim, 1, detail::pointer<T>(xt_memory), n,
                                 bias != nullptr, c, n);
      kernels::transpose<T>(c, e, w, n);
    } else {
      if (bias)
        for (int64_t r = 0; r < n; ++r) std::copy(bias + from, bias + from + w, e + r * w);
      kernels::gemm_tile<T>(n, w, dim, {x + first * dim, dim}, {of_tile, dim, true}, bias ? T{1} : T{0}, e,
                            w);
    }
    for (int64_t r = 0; r < n; ++r) {
      int64_t target = targets[first + r];
      if (target >= from && target < from + w)
        target_logits[r] = static_cast<double>(e[r * w + target - from]);
      T max = kernels::row_max<T>(e + r * w, w), shift = shift_of(max);
      detail::pointer<T>(max_memory)[t * n + r] = max;
      if (spread.by_class)
        spread_logits[t * n + r] = detail::spread_below(spread.by_class + from, e + r * w, shift, w);
      detail::pointer<T>(sum_memory)[t * n + r] = kernels::exp_beside_max<T>(e + r * w, shift, w);
    }
  }

  // One of the tiles' largest logits is the row's, and its 1 stays out of the sum.
  detail::LogSum log_sum_exp(int64_t r, int64_t n) {
    const T *maxima = detail::pointer<T>(max_memory), *sums = detail::pointer<T>(sum_memory);
    int64_t best = 0;
    for (int64_t t = 1; t < tiles; ++t)
      if (maxima[t * n + r] > maxima[best * n + r]) best = t;
    double max = static_cast<double>(maxima[best * n + r]), total = 0;
    for (int64_t t = 0; t < tiles; ++t) {
      double beside = static_cast<double>(sums[t * n + r]);
      double factor = std::exp(static_cast<double>(maxima[t * n + r]) - max);
      total += t == best ? beside * factor : (1 + beside) * factor;
    }
    return {max, std::log1p(total)};
  }

  // In the rows of tile t exp(logit - maximum) becomes the softmax part of the loss's gradient.
  void softmax_gradient(int64_t t, int64_t first, int64_t n, const detail::LogSum* lse) {
    int64_t w = width(t), from = t * tile_width;
    T* p = tile(t, n);
    for (int64_t r = 0; r < n; ++r) {
      int64_t target = targets[first + r];
      if (!weights.counts(target)) {
        std::fill(p + r * w, p + (r + 1) * w, T{0});
        continue;
      }
      double shift =
          static_cast<double>(detail::pointer<T>(max_memory)[t * n + r]) - lse[r].max - lse[r].rest;
      kernels::scale<T>(p + r * w, static_cast<T>(weights.slope(target, lse[r]) * std::exp(shift)) * scale,
                        w);
      if (target >= from && target < from + w)
        p[r * w + target - from] =
            static_cast<T>(weights.target_slope(target, lse[r], target_logits[r])) * scale;
    }
  }

  void gradients(int64_t t, int64_t group, bool first_of_group, int64_t first, int64_t n,
                 const detail::LogSum* lse) {
    int64_t w = width(t), from = t * tile_width;
    const T* p = tile(t, n);
    softmax_gradient(t, first, n, lse);
    if (first == 0 && spread.by_class) begin_spread(from, w);
    bool add = first > 0 || spread.by_class;
    if (dbias) {
      if (!add) std::fill(dbias + from, dbias + from + w, T{0});
      kernels::add_rows<T>(dbias + from, p, n, w, w);
    }
    T *into_weight = dweight ? dweight + from * dim : nullptr,
      *into_x = dx ? detail::pointer<T>(dx_memory) + group * n * dim : nullptr;
    Tensor wide;
    const T* of_tile = weights_of(from, w, wide);
    if (filter == 0) return products(p, w, of_tile, first, n, into_weight, add, into_x, !first_of_group);
    if (into_weight && !add) std::fill(into_weight, into_weight + w * dim, T{0});
    if (into_x && first_of_group) std::fill(into_x, into_x + n * dim, T{0});
    filtered_products(p, w, of_tile, first, n, into_weight, into_x);
  }

  // The classes from..from+w-1 begin with the gradients that smoothing gives them.
  void begin_spread(int64_t from, int64_t w) {
    for (int64_t c = from; c < from + w; ++c) {
      if (dbias) dbias[c] = -spread.by_class[c] * spread.row_sum;
      if (!dweight) continue;
      for (int64_t k = 0; k < dim; ++k) dweight[c * dim + k] = -spread.by_class[c] * spread.x_sum()[k];
    }
  }

  // into_weight (k, C) = p^T x and into_x (n, C) = p w, for p (n, k) of the k classes with weights w (k, C).
  void products(const T* p, int64_t k, const T* w, int64_t first, int64_t n, T* into_weight, bool add_weight,
                T* into_x, bool add_x) {
    if (into_weight && skinny)
      kernels::skinny_product<T>(k, dim, n, p, 1, k, x, dim, add_weight, into_weight, dim);
    else if (into_weight)
      kernels::gemm_tile<T>(k, dim, n, {p, k, true}, {x + first * dim, dim}, add_weight ? T{1} : T{0},
                            into_weight, dim);
    if (into_x && skinny)
      kernels::skinny_product<T>(n, dim, k, p, k, 1, w, dim, add_x, into_x, dim);
    else if (into_x)
      kernels::gemm_tile<T>(n, dim, k, {p, k}, {w, dim}, add_x ? T{1} : T{0}, into_x, dim);
  }

  // The same, added, for the classes of a tile that some row gives a gradient above the filter.
  void filtered_products(const T* p, int64_t w, const T* from, int64_t first, int64_t n, T* into_weight,
                         T* into_x) {
    std::vector<int64_t> kept = kept_classes(p, n, w);
    int64_t k = static_cast<int64_t>(kept.size());
    if (k == 0 || (!into_weight && !into_x)) return;
    if (2 * k > w) return products(p, w, from, first, n, into_weight, true, into_x, true);
    Tensor memory = empty({n * k + 2 * k * dim}, dtype_of<T>);
    T *columns = detail::pointer<T>(memory), *rows_kept = columns + n * k, *sums = rows_kept + k * dim;
    for (int64_t r = 0; r < n; ++r)
      for (int64_t i = 0; i < k; ++i) columns[r * k + i] = p[r * w + kept[i]];
    for (int64_t i = 0; i < k; ++i)
      std::copy(from + kept[i] * dim, from + (kept[i] + 1) * dim, rows_kept + i * dim);
    products(columns, k, rows_kept, first, n, into_weight ? sums : nullptr, false, into_x, true);
    for (int64_t i = 0; into_weight && i < k; ++i)
      kernels::add_scaled<T>(into_weight + kept[i] * dim, sums + i * dim, T{1}, dim);
  }

  std::vector<int64_t> kept_classes(const T* p, int64_t n, int64_t w) const {
    T least = static_cast<T>(filter) * scale;
    std::vector<int> above(static_cast<size_t>(w), 0);
    for (int64_t r = 0; r < n; ++r)
      for (int64_t c = 0; c < w; ++c) above[c] |= !(std::abs(p[r * w + c]) < least);  // NaN stays
    std::vector<int64_t> kept;
    for (int64_t c = 0; c < w; ++c)
      if (above[c]) kept.push_back(c);
    return kept;
  }

  void sum_groups(int64_t first, int64_t n, int64_t count) {
    const T* parts = detail::pointer<T>(dx_memory);
    parallel_ranges(n, std::max<int64_t>(1, detail::kBlockElements / std::max<int64_t>(dim, 1)),
                    [&](int64_t begin, int64_t end) {
                      T* into = dx + (first + begin) * dim;
                      std::copy(parts + begin * dim, parts + end * dim, into);
                      for (int64_t g = 1; g < count; ++g)
                        kernels::add_scaled<T>(into, parts + (g * n + begin) * dim, T{1},
                                               (end - begin) * dim);
                      for (int64_t r = begin; r < end && spread.by_class; ++r)
                        if (weights.counts(targets[first + r]))
                          kernels::add_scaled<T>(dx + (first + r) * dim, spread.mixture(), -scale, dim);
                    });
  }
};

void check_head(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(x.rank() >= 1 && weight.rank() == 2 && weight.size(0) > 0 && x.size(-1) == weight.size(1),
        "linear_cross_entropy_sum", "Needs x (..., dim) and weight (classes, dim), got ", x.shape(), " and ",
        weight.shape());
  check(x.dtype() == arithmetic_dtype(weight.dtype()), "linear_cross_entropy_sum", "x is ", name(x.dtype()),
        ", weight ", name(weight.dtype()), ". Hint: x.to(dtype) converts");
  if (bias.defined())
    check(bias.shape() == Shape{weight.size(0)} && bias.dtype() == x.dtype(), "linear_cross_entropy_sum",
          "Bias must be ", name(x.dtype()), " [", weight.size(0), "], got ", name(bias.dtype()), " ",
          bias.shape());
}

}  // namespace

Tensor linear_cross_entropy_sum(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                const Tensor& targets, const CrossEntropyOptions& options) {
  check_head(x, weight, bias);
  Tensor target =
      detail::checked_targets("linear_cross_entropy_sum", targets, x.shape().without(x.rank() - 1),
                              weight.size(0), options.ignore_index);
  Tensor from = x.detach().contiguous(), table = weight.detach().contiguous(),
         offset = bias.defined() ? bias.detach().contiguous() : bias;
  auto wanted = [&](const Tensor& input) {
    return grad_enabled() && input.defined() && input.requires_grad()
               ? empty(input.shape(), arithmetic_dtype(input.dtype()))
               : Tensor();
  };
  bool stored = weight.dtype() == bfloat16;
  Tensor dx = wanted(x), dweight = wanted(weight), dbias = wanted(bias);
  return dispatch_floating("linear_cross_entropy_sum", x.dtype(), [&]<class T>(T) {
    detail::TargetWeights weights("linear_cross_entropy_sum", options, weight.size(0), x.dtype());
    auto at = [](const Tensor& tensor) { return tensor.defined() ? detail::pointer<T>(tensor) : nullptr; };
    double total = weights.total(target), divisor = total > 0 ? total : 1;
    Head<T> head{.rows = target.numel(),
                 .dim = weight.size(1),
                 .classes = weight.size(0),
                 .x = at(from),
                 .weight = stored ? nullptr : at(table),
                 .bias = at(offset),
                 .stored = stored ? detail::pointer<BFloat16>(table) : nullptr,
                 .targets = detail::pointer<int64_t>(target),
                 .weights = weights,
                 .scale = static_cast<T>(1 / divisor),
                 .dx = at(dx),
                 .dweight = at(dweight),
                 .dbias = at(dbias)};
    head.run();
    if (head.rows == 0)
      for (const Tensor& g : {dweight, dbias})
        if (g.defined()) g.fill_(0);
    std::vector<Tensor> inputs{x, weight};
    if (bias.defined()) inputs.push_back(bias);
    return record("linear_cross_entropy_sum", tensor(head.loss, x.dtype()), inputs,
                  [grads = std::vector<Saved>{Saved(dx), Saved(dweight), Saved(dbias)}, divisor, x = Saved(x),
                   weight = Saved(weight), bias = Saved(bias), target = Saved(target),
                   options = weights.options()](const Tensor& dy, Grads& out) mutable {
                    if (grad_enabled()) {
                      auto composed = [&](const std::vector<Tensor>& in) {
                        return linear_cross_entropy_sum_composed(
                            in[0], in[1], in[2], target->reshape(in[0].shape().without(in[0].rank() - 1)),
                            options);
                      };
                      return detail::composed_gradients(composed, {x, weight, bias}, dy, out);
                    }
                    // The gradients already carry 1 / divisor: for the mean nothing is left to do.
                    T factor = dy.item<T>() * static_cast<T>(divisor);
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

Tensor linear_cross_entropy_sum_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                         const Tensor& targets, const CrossEntropyOptions& options) {
  CrossEntropyOptions unfiltered = options;
  unfiltered.filter = 0;
  return cross_entropy_sum(linear(x, weight, bias), targets, unfiltered);
}

static Tensor example_targets() { return tensor({{1, 0, 4}, {-100, 2, 2}}); }

static Tensor by_loops(const std::vector<Tensor>& in, const CrossEntropyOptions& options) {
  double loss = 0;
  for (int64_t r = 0; r < 6; ++r) {
    int64_t target = example_targets().data<int64_t>()[r];
    if (target < 0) continue;
    double z[5], sum = 0;
    for (int64_t c = 0; c < 5; ++c) {
      z[c] = in[2].data<double>()[c];
      for (int64_t k = 0; k < 4; ++k)
        z[c] += in[0].data<double>()[r * 4 + k] * in[1].data<double>()[c * 4 + k];
      sum += std::exp(z[c]);
    }
    for (int64_t c = 0; c < 5; ++c) {
      double share = options.label_smoothing / 5 + (c == target ? 1 - options.label_smoothing : 0);
      double weight = options.class_weight.defined() ? 1 + 0.5 * static_cast<double>(c) : 1;
      loss += share * weight * (std::log(sum) - z[c]);
    }
    loss += options.z_loss * std::log(sum) * std::log(sum);
  }
  return tensor(loss, float64);
}

static CrossEntropyOptions every_option(Dtype dtype) {
  return {.label_smoothing = 0.1, .class_weight = tensor({1.0, 1.5, 2.0, 2.5, 3.0}, dtype), .z_loss = 0.2};
}

EXAMPLE(
    linear_cross_entropy_sum, .shapes = {{{2, 3, 4}, {5, 4}, {5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return linear_cross_entropy_sum(in[0], in[1], in[2], example_targets());
        },
    .reference = [](const std::vector<Tensor>& in) { return by_loops(in, {}); },
    .bad =
        [] {
          linear_cross_entropy_sum(ones({2, 3}), ones({4, 2}), {}, tensor({0, 1}));
        },
    .error =
        "[linear_cross_entropy_sum] Needs x (..., dim) and weight (classes, dim), got [2, 3] and [4, 2]");

EXAMPLE(
    linear_cross_entropy_sum, .shapes = {{{2, 3, 4}, {5, 4}, {5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return linear_cross_entropy_sum(in[0], in[1], in[2], example_targets(),
                                          every_option(in[0].dtype()));
        },
    .reference = [](const std::vector<Tensor>& in) { return by_loops(in, every_option(float64)); });

}  // namespace lexigrad
