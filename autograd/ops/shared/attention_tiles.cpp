#include "lexigrad/autograd/ops/shared/attention_tiles.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/attention.h"
#include "lexigrad/autograd/kernels/skinny.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

constexpr int64_t W = kernels::kAttentionColumns, kBlockKeys = 64;

// The number of a query's blocks in a draw: each query starts a new one.
int64_t drop_blocks(int64_t keys) { return (keys + kDropsPerBlock - 1) / kDropsPerBlock; }

// One call: sizes, memory, and the steps that both passes share.
template <class T>
struct Problem {
  int64_t batch, heads, groups, length, keys, dim, out_dim;
  const T *q, *k, *v;
  int64_t q_batch, q_row, q_head;              // strides of q
  int64_t k_batch, k_group, v_batch, v_group;  // rows of k and v are contiguous
  const T* table;                              // (H, T + S - 1) or null
  const T* bias;                               // or null, with strides
  const bool* mask;                            // or null, with strides
  int64_t bias_strides[4], mask_strides[4];
  bool causal;
  T scale;
  double dropout;
  const Draw* draw;

  int64_t behind() const { return keys - length; }  // keys before the first query
  int64_t group_of(int64_t h) const { return h / (heads / groups); }
  /// Keys that the queries first .. first + count - 1 may see.
  int64_t limit(int64_t first, int64_t count) const {
    return causal ? std::min(keys, first + count + behind()) : keys;
  }
  int64_t blocks() const { return (length + W - 1) / W; }

  /// to (D, W) = factor times the transpose of `count` rows; columns beyond are 0.
  static void columns(const T* from, int64_t stride, int64_t count, int64_t dim, T factor, T* to) {
    for (int64_t d = 0; d < dim; ++d) std::fill(to + d * W + count, to + (d + 1) * W, T{0});
    for (int64_t i = 0; i < count; ++i)
      for (int64_t d = 0; d < dim; ++d) to[d * W + i] = factor * from[i * stride + d];
  }

  /// The scores of keys j .. j + n - 1 (rows) with the queries i .. i + count - 1 (columns `qt`).
  void scores(int64_t b, int64_t h, int64_t i, int64_t count, int64_t j, int64_t n, const T* qt,
              T* tile) const {
    const T* rows = k + b * k_batch + group_of(h) * k_group + j * dim;
    kernels::skinny_product<T>(n, W, dim, rows, dim, 1, qt, W, false, tile, W);
    constexpr T none = -std::numeric_limits<T>::infinity();
    for (int64_t r = 0; r < n && table; ++r) {
      const T* entry = table + h * (length + keys - 1) + keys - 1 - (j + r) + i;
      for (int64_t c = 0; c < count; ++c) tile[r * W + c] += entry[c];
    }
    for (int64_t r = 0; r < n && bias; ++r)
      for (int64_t c = 0; c < count; ++c) tile[r * W + c] += bias[at(bias_strides, b, h, i + c, j + r)];
    for (int64_t r = 0; r < n && mask; ++r)
      for (int64_t c = 0; c < count; ++c)
        if (!mask[at(mask_strides, b, h, i + c, j + r)]) tile[r * W + c] = none;
    for (int64_t r = 0; r < n && causal; ++r) {
      int64_t hidden = std::clamp<int64_t>(j + r - behind() - i, 0, W);
      std::fill(tile + r * W, tile + r * W + hidden, none);
    }
  }

  /// to = from times the dropout mask.
  void drop(int64_t b, int64_t h, int64_t i, int64_t count, int64_t j, int64_t n, const T* from,
            T* to) const {
    T kept = static_cast<T>(1 / (1 - dropout));
    for (int64_t c = 0; c < count; ++c) {
      uint64_t first = static_cast<uint64_t>(((b * heads + h) * length + i + c) * drop_blocks(keys));
      for (int64_t r = 0; r < n; r += kDropsPerBlock) {  // which divides j
        CounterRng::Block bits = draw->block(first + static_cast<uint64_t>((j + r) / kDropsPerBlock));
        for (int64_t s = r; s < std::min(r + kDropsPerBlock, n); ++s)
          to[s * W + c] = dropped(bits, s - r, dropout) ? T{0} : from[s * W + c] * kept;
      }
    }
  }

  static int64_t at(const int64_t (&s)[4], int64_t b, int64_t h, int64_t i, int64_t j) {
    return b * s[0] + h * s[1] + i * s[2] + j * s[3];
  }

  void forward(int64_t b, int64_t h, int64_t i, T* y, T* lse) const {
    int64_t count = std::min(W, length - i), end = limit(i, count);
    std::vector<T> memory(static_cast<size_t>((dim + out_dim + kBlockKeys + 3) * W));
    T *qt = memory.data(), *yt = qt + dim * W, *tile = yt + out_dim * W, *max = tile + kBlockKeys * W,
      *sum = max + W, *factor = sum + W;
    std::fill(max, max + W, -std::numeric_limits<T>::infinity());
    columns(q + b * q_batch + i * q_row + h * q_head, q_row, count, dim, scale, qt);
    for (int64_t j = 0; j < end; j += kBlockKeys) {
      int64_t n = std::min(kBlockKeys, end - j);
      scores(b, h, i, count, j, n, qt, tile);
      kernels::attention_softmax<T>(tile, n, max, sum, factor);
      if (j > 0) kernels::scale_columns<T>(yt, out_dim, factor);
      if (dropout > 0) drop(b, h, i, count, j, n, tile, tile);
      kernels::skinny_product<T>(out_dim, W, n, v + b * v_batch + group_of(h) * v_group + j * out_dim, 1,
                                 out_dim, tile, W, j > 0, yt, W);
    }
    for (int64_t c = 0; c < count; ++c) {
      T inverse = sum[c] == 0 ? T{0} : 1 / sum[c];
      T* row = y + ((b * length + i + c) * heads + h) * out_dim;
      for (int64_t e = 0; e < out_dim; ++e) row[e] = yt[e * W + c] * inverse;
      lse[(b * heads + h) * length + i + c] = sum[c] == 0 ? T{0} : max[c] + std::log(sum[c]);
    }
  }
};

// Gradients of one (b, g): its keys and values, and the queries of its heads.
template <class T>
struct BackwardPass {
  const Problem<T>& p;
  const T *y, *lse, *dy;     // contiguous
  T *dq, *dk, *dv, *dtable;  // of the tensors' own layout; dtable (B, H, T + S - 1) or null

  void run(int64_t b, int64_t g) const {
    std::vector<T> memory(static_cast<size_t>((3 * p.dim + 2 * p.out_dim + 3 * kBlockKeys + 2) * W));
    for (int64_t h = g * (p.heads / p.groups); h < (g + 1) * (p.heads / p.groups); ++h)
      for (int64_t i = 0; i < p.length; i += W) queries(b, g, h, i, memory.data());
  }

  void queries(int64_t b, int64_t g, int64_t h, int64_t i, T* memory) const {
    int64_t count = std::min(W, p.length - i), end = p.limit(i, count), D = p.dim, E = p.out_dim;
    T *qt = memory, *rows = qt + D * W, *dot = rows + D * W, *dos = dot + E * W, *dq_rows = dos + E * W,
      *tile = dq_rows + D * W, *dp = tile + kBlockKeys * W, *kept = dp + kBlockKeys * W,
      *sums = kept + kBlockKeys * W, *delta = sums + W;
    const T* from = p.q + b * p.q_batch + i * p.q_row + h * p.q_head;
    p.columns(from, p.q_row, count, D, p.scale, qt);
    const T* dy_from = dy + ((b * p.length + i) * p.heads + h) * E;
    p.columns(dy_from, p.heads * E, count, E, T{1}, dot);
    std::fill(sums, sums + 2 * W, T{0});
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t d = 0; d < D; ++d) rows[c * D + d] = p.scale * from[c * p.q_row + d];
      std::copy_n(dy_from + c * p.heads * E, E, dos + c * E);
      const T* out = y + ((b * p.length + i + c) * p.heads + h) * E;
      for (int64_t e = 0; e < E; ++e) delta[c] += out[e] * dos[c * E + e];
      sums[c] = lse[(b * p.heads + h) * p.length + i + c];
    }
    for (int64_t j = 0; j < end; j += kBlockKeys) {
      int64_t n = std::min(kBlockKeys, end - j);
      const T *kj = p.k + b * p.k_batch + g * p.k_group + j * D,
              *vj = p.v + b * p.v_batch + g * p.v_group + j * E;
      T *dkj = dk + ((b * p.keys + j) * p.groups + g) * D, *dvj = dv + ((b * p.keys + j) * p.groups + g) * E;
      p.scores(b, h, i, count, j, n, qt, tile);
      kernels::attention_weights<T>(tile, n, sums);
      kernels::skinny_product<T>(n, W, E, vj, E, 1, dot, W, false, dp, W);
      const T* weights = tile;
      if (p.dropout > 0) {
        p.drop(b, h, i, count, j, n, tile, kept);
        p.drop(b, h, i, count, j, n, dp, dp);
        weights = kept;
      }
      kernels::skinny_product<T>(n, E, count, weights, W, 1, dos, E, true, dvj, p.groups * E);
      kernels::attention_score_gradients<T>(tile, dp, n, delta);
      if (dtable) add_distances(b, h, i, count, j, n, dp);
      kernels::skinny_product<T>(n, D, count, dp, W, 1, rows, D, true, dkj, p.groups * D);
      kernels::skinny_product<T>(count, D, n, dp, 1, W, kj, D, j > 0, dq_rows, D);
    }
    T* to = dq + ((b * p.length + i) * p.heads + h) * D;
    for (int64_t c = 0; c < count; ++c)
      for (int64_t d = 0; d < D; ++d) to[c * p.heads * D + d] = end > 0 ? p.scale * dq_rows[c * D + d] : T{0};
  }

  void add_distances(int64_t b, int64_t h, int64_t i, int64_t count, int64_t j, int64_t n,
                     const T* ds) const {
    int64_t width = p.length + p.keys - 1;
    for (int64_t r = 0; r < n; ++r) {
      T* entry = dtable + (b * p.heads + h) * width + p.keys - 1 - (j + r) + i;
      for (int64_t c = 0; c < count; ++c) entry[c] += ds[r * W + c];
    }
  }
};

// (B, S, G, D) with the rows of each (b, g) one after another in memory; a copy where they are not.
Tensor packed(const Tensor& x) {
  Tensor y = x.transpose(1, 2);
  bool fits = y.strides()[3] == 1 && y.strides()[2] == y.size(3);
  return fits || y.numel() == 0 ? y : y.contiguous();
}

template <class T>
Problem<T> problem(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& o,
                   const Draw& draw) {
  Problem<T> p{.batch = q.size(0),
               .heads = q.size(2),
               .groups = k.size(1),
               .length = q.size(1),
               .keys = k.size(2),
               .dim = q.size(3),
               .out_dim = v.size(3),
               .q = pointer<T>(q),
               .k = pointer<T>(k),
               .v = pointer<T>(v),
               .q_batch = q.strides()[0],
               .q_row = q.strides()[1],
               .q_head = q.strides()[2],
               .k_batch = k.strides()[0],
               .k_group = k.strides()[1],
               .v_batch = v.strides()[0],
               .v_group = v.strides()[1],
               .table = o.distance_bias.defined() ? pointer<T>(o.distance_bias) : nullptr,
               .bias = o.bias.defined() ? pointer<T>(o.bias) : nullptr,
               .mask = o.mask.defined() ? pointer<bool>(o.mask) : nullptr,
               .bias_strides = {},
               .mask_strides = {},
               .causal = o.causal,
               .scale = static_cast<T>(attention_scale(o, q.size(3))),
               .dropout = o.dropout,
               .draw = &draw};
  for (int64_t d = 0; d < 4; ++d) {
    if (o.bias.defined()) p.bias_strides[d] = o.bias.strides()[d];
    if (o.mask.defined()) p.mask_strides[d] = o.mask.strides()[d];
  }
  return p;
}

}  // namespace

double attention_scale(const AttentionOptions& options, int64_t head_dim) {
  return options.scale.value_or(1 / std::sqrt(static_cast<double>(head_dim)));
}

Tensor attention_dropout_mask(const Draw& draw, double p, const Shape& weights, Dtype dtype) {
  Tensor out = zeros(weights, dtype);
  int64_t keys = weights[3], rows = keys > 0 ? out.numel() / keys : 0;
  dispatch_floating("attention", dtype, [&]<class T>(T) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t key = 0; key < keys; ++key) {
        CounterRng::Block bits =
            draw.block(static_cast<uint64_t>(row * drop_blocks(keys) + key / kDropsPerBlock));
        pointer<T>(out)[row * keys + key] =
            dropped(bits, key % kDropsPerBlock, p) ? T{0} : static_cast<T>(1 / (1 - p));
      }
  });
  return out;
}

AttentionPass::AttentionPass(const Tensor& q, const Tensor& k, const Tensor& v,
                             const AttentionOptions& options, const Draw& draw)
    : q_(q.detach()), k_(packed(k.detach())), v_(packed(v.detach())), options_(options), draw_(draw) {
  if (q_.strides()[3] != 1) q_ = q_.contiguous();
  Shape scores{q.size(0), q.size(2), q.size(1), k.size(1)};
  if (options_.bias.defined()) options_.bias = expand(options_.bias.detach(), scores);
  if (options_.mask.defined()) options_.mask = expand(options_.mask, scores);
  if (options_.distance_bias.defined()) options_.distance_bias = options_.distance_bias.detach().contiguous();
}

AttentionPass::Output AttentionPass::forward() const {
  Output out{empty({q_.size(0), q_.size(1), q_.size(2), v_.size(3)}, q_.dtype()),
             empty({q_.size(0), q_.size(2), q_.size(1)}, q_.dtype())};
  dispatch_floating("attention", q_.dtype(), [&]<class T>(T) {
    Problem<T> p = problem<T>(q_, k_, v_, options_, draw_);
    parallel_blocks(p.batch * p.heads * p.blocks(), [&](int64_t block) {
      int64_t row = block / p.blocks();
      p.forward(row / p.heads, row % p.heads, block % p.blocks() * W, pointer<T>(out.y), pointer<T>(out.lse));
    });
  });
  return out;
}

AttentionPass::Gradients AttentionPass::backward(const Tensor& y, const Tensor& lse, const Tensor& dy) const {
  int64_t B = q_.size(0), S = k_.size(2), G = k_.size(1), H = q_.size(2);
  Tensor table = options_.distance_bias;
  Gradients out{empty(q_.shape(), q_.dtype()), zeros({B, S, G, k_.size(3)}, q_.dtype()),
                zeros({B, S, G, v_.size(3)}, q_.dtype()),
                table.defined() ? zeros({B, H, table.size(1)}, q_.dtype()) : Tensor()};
  Tensor dense_y = y.detach().contiguous(), dense_dy = dy.detach().contiguous();
  dispatch_floating("attention", q_.dtype(), [&]<class T>(T) {
    Problem<T> p = problem<T>(q_, k_, v_, options_, draw_);
    BackwardPass<T> pass{p,
                         pointer<T>(dense_y),
                         pointer<T>(lse),
                         pointer<T>(dense_dy),
                         pointer<T>(out.q),
                         pointer<T>(out.k),
                         pointer<T>(out.v),
                         table.defined() ? pointer<T>(out.distance_bias) : nullptr};
    parallel_blocks(B * G, [&](int64_t block) { pass.run(block / G, block % G); });
  });
  if (table.defined()) out.distance_bias = sum(out.distance_bias, {0});
  return out;
}

}  // namespace lexigrad::detail
