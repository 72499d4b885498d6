// Attention without its T x S scores (Dao et al. 2022, "FlashAttention"): scores live in tiles of a block of
// keys by 32 queries; backward makes them again from the logarithm of each query's sum.
#include <cmath>

#include "lexigrad/autograd/ops/shared/attention_tiles.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

void check_values(const Tensor& k, const Tensor& v) {
  check(v.rank() == 4 && k.rank() == 4 && v.size(0) == k.size(0) && v.size(1) == k.size(1) &&
            v.size(2) == k.size(2) && v.dtype() == k.dtype(),
        "attention", "Needs k (B, S, G, D) and v (B, S, G, E) of one dtype, got ", name(k.dtype()), " ",
        k.shape(), " and ", name(v.dtype()), " ", v.shape());
}

Tensor composed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& distance_bias,
                const AttentionOptions& o, const Draw& draw) {
  AttentionOptions options = o;
  options.distance_bias = distance_bias;
  Tensor weights = attention_weights(q, k, options);
  if (o.dropout > 0)
    weights = weights * detail::attention_dropout_mask(draw, o.dropout, weights.shape(), q.dtype());
  return transpose(matmul(weights, detail::by_head(v, q.size(2))), 1, 2);
}

bool is_fused(const AttentionOptions& o) {
  return !(o.bias.defined() && o.bias.requires_grad() && grad_enabled());
}

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  check_values(k, v);
  detail::check_attention(q, k, options);
  Draw draw = options.dropout > 0 ? next_draw() : Draw(0, 0, 0);
  if (!is_fused(options)) return composed(q, k, v, options.distance_bias, options, draw);
  detail::AttentionPass pass(q, k, v, options, draw);
  auto [y, lse] = pass.forward();
  std::vector<Tensor> inputs{q, k, v};
  if (options.distance_bias.defined()) inputs.push_back(options.distance_bias);
  AttentionOptions rest = options;
  rest.mask = rest.bias = rest.distance_bias = {};
  return record("attention", std::move(y), inputs,
                [q = Saved(q), k = Saved(k), v = Saved(v), table = Saved(options.distance_bias),
                 mask = Saved(options.mask), bias = Saved(options.bias), lse = Saved(lse), rest,
                 draw](const Tensor& dy, const Tensor& y, Grads& dx) {
                  AttentionOptions options = rest;
                  options.mask = mask;
                  options.bias = bias;
                  options.distance_bias = table;
                  if (grad_enabled()) {
                    auto again = [&](const std::vector<Tensor>& in) {
                      return composed(in[0], in[1], in[2], in.size() > 3 ? in[3] : Tensor(), options, draw);
                    };
                    std::vector<Tensor> in{q, k, v};
                    if (table->defined()) in.push_back(table);
                    return detail::composed_gradients(again, in, dy, dx);
                  }
                  detail::AttentionPass pass(q, k, v, options, draw);
                  auto grads = pass.backward(y, lse, dy);
                  dx[0] += std::move(grads.q);
                  dx[1] += std::move(grads.k);
                  dx[2] += std::move(grads.v);
                  if (dx.count() > 3) dx[3] += std::move(grads.distance_bias);
                });
}

Tensor attention_composed(const Tensor& q, const Tensor& k, const Tensor& v,
                          const AttentionOptions& options) {
  check_values(k, v);
  detail::check_attention(q, k, options);
  Draw draw = options.dropout > 0 ? next_draw() : Draw(0, 0, 0);
  return composed(q, k, v, options.distance_bias, options, draw);
}

// ---- examples: see(b, h, t, s) says what may be seen; `table` is a distance bias or undefined.
static Tensor attention_reference(const std::vector<Tensor>& in,
                                  const std::function<bool(int64_t, int64_t)>& see) {
  int64_t B = in[0].size(0), T = in[0].size(1), H = in[0].size(2), D = in[0].size(3), S = in[1].size(1),
          G = in[1].size(2), E = in[2].size(3);
  Tensor y = zeros({B, T, H, E}, float64), qc = in[0].contiguous(), kc = in[1].contiguous(),
         vc = in[2].contiguous(), table = in.size() > 3 ? in[3].contiguous() : Tensor();
  const double *q = qc.data<double>(), *k = kc.data<double>(), *v = vc.data<double>();
  for (int64_t b = 0; b < B; ++b)
    for (int64_t t = 0; t < T; ++t)
      for (int64_t h = 0; h < H; ++h) {
        int64_t g = h / (H / G);
        double total = 0;
        std::vector<double> out(static_cast<size_t>(E), 0.0);
        for (int64_t s = 0; s < S; ++s) {
          if (!see(t, s)) continue;
          double score = 0;
          for (int64_t i = 0; i < D; ++i)
            score += q[((b * T + t) * H + h) * D + i] * k[((b * S + s) * G + g) * D + i];
          score /= std::sqrt(static_cast<double>(D));
          if (table.defined()) score += table.data<double>()[h * (T + S - 1) + t - s + S - 1];
          total += std::exp(score);
          for (int64_t e = 0; e < E; ++e)
            out[static_cast<size_t>(e)] += std::exp(score) * v[((b * S + s) * G + g) * E + e];
        }
        for (int64_t e = 0; e < E && total > 0; ++e)
          y.data<double>()[((b * T + t) * H + h) * E + e] = out[static_cast<size_t>(e)] / total;
      }
  return y;
}

EXAMPLE(
    attention,
    .shapes = {{{2, 3, 2, 4}, {2, 5, 1, 4}, {2, 5, 1, 3}}, {{1, 70, 1, 3}, {1, 70, 1, 3}, {1, 70, 1, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return attention(in[0], in[1], in[2]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          return attention_reference(in, [](int64_t, int64_t) { return true; });
        },
    .bad =
        [] {
          attention(ones({1, 2, 3, 4}), ones({1, 2, 2, 4}), ones({1, 2, 2, 4}));
        },
    .error = "[attention] The 3 heads of q are no multiple of the 2 of k and v");
EXAMPLE(
    attention,
    .shapes = {{{1, 3, 4, 2}, {1, 5, 2, 2}, {1, 5, 2, 2}, {4, 7}},
               {{2, 1, 1, 2}, {2, 1, 1, 2}, {2, 1, 1, 2}, {1, 1}},
               {{1, 40, 1, 2}, {1, 40, 1, 2}, {1, 40, 1, 2}, {1, 79}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return attention(in[0], in[1], in[2], {.causal = true, .distance_bias = in[3]});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t behind = in[1].size(1) - in[0].size(1);
          return attention_reference(in, [behind](int64_t t, int64_t s) { return s <= t + behind; });
        });
EXAMPLE(
    attention, .shapes = {{{2, 4, 1, 2}, {2, 4, 1, 2}, {2, 4, 1, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          Tensor mask = tensor({{0, 0, 0, 0}, {1, 0, 0, 1}, {0, 1, 1, 1}, {1, 1, 1, 1}}).to(boolean);
          return attention(in[0], in[1], in[2], {.mask = mask});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return attention_reference(in, [](int64_t t, int64_t s) {
            const char* rows[] = {"0000", "1001", "0111", "1111"};
            return rows[t][s] == '1';
          });
        });

}  // namespace lexigrad
