// Attention without its T x S scores (Dao et al. 2022, "FlashAttention"): scores live in tiles of a block of
// keys by 32 queries; backward makes them again from the logarithm of each query's sum.
#include <cmath>

#include "lexigrad/autograd/attention_tiles.h"
#include "lexigrad/autograd/op.h"

namespace lexigrad {
namespace {

void check_shapes(const Tensor& q, const Tensor& k, const Tensor& v) {
  check(q.rank() == 4 && k.rank() == 4 && v.rank() == 4, "attention",
        "Needs q (B, T, H, D), k (B, S, G, D) and v (B, S, G, E), got ", q.shape(), ", ", k.shape(), " and ",
        v.shape());
  check(q.size(0) == k.size(0) && q.size(0) == v.size(0) && k.size(1) == v.size(1) &&
            k.size(2) == v.size(2) && q.size(3) == k.size(3),
        "attention", "Sizes of q (B, T, H, D), k (B, S, G, D) and v (B, S, G, E) do not agree: ", q.shape(),
        ", ", k.shape(), " and ", v.shape());
  check(k.size(2) > 0 && q.size(2) % k.size(2) == 0, "attention", "The ", q.size(2),
        " heads of q are no multiple of the ", k.size(2), " of k and v");
  check(q.dtype() == k.dtype() && q.dtype() == v.dtype(), "attention", "q, k and v must have one dtype, got ",
        name(q.dtype()), ", ", name(k.dtype()), " and ", name(v.dtype()));
}

void check_options(const Tensor& q, const Tensor& k, const Attention& o) {
  int64_t length = q.size(1), keys = k.size(1);
  Shape scores{q.size(0), q.size(2), length, keys};
  check(!o.causal || length <= keys, "attention", "Causal attention has ", length, " queries for ", keys,
        " keys. Hint: the queries are the last of the keys' positions");
  auto fits = [&](const Tensor& x) {
    if (x.rank() > 4) return false;
    for (int64_t d = 1; d <= x.rank(); ++d)
      if (x.size(-d) != 1 && x.size(-d) != scores[4 - d]) return false;
    return true;
  };
  check(!o.mask.defined() || (o.mask.dtype() == boolean && fits(o.mask)), "attention",
        "The mask must be bool and broadcast to (B, H, T, S) = ", scores, ", got ",
        o.mask.defined() ? text(name(o.mask.dtype()), " ", to_string(o.mask.shape())) : "",
        ". Hint: true is where a query may see a key");
  check(!o.bias.defined() || (o.bias.dtype() == q.dtype() && fits(o.bias)), "attention", "The bias must be ",
        name(q.dtype()), " and broadcast to (B, H, T, S) = ", scores, ", got ",
        o.bias.defined() ? text(name(o.bias.dtype()), " ", to_string(o.bias.shape())) : "");
  Shape distances{q.size(2), length + keys - 1};
  check(!o.distance_bias.defined() ||
            (o.distance_bias.dtype() == q.dtype() && o.distance_bias.shape() == distances),
        "attention", "The distance bias must be ", name(q.dtype()), " (H, T + S - 1) = ", distances, ", got ",
        o.distance_bias.defined()
            ? text(name(o.distance_bias.dtype()), " ", to_string(o.distance_bias.shape()))
            : "");
  check(o.dropout >= 0 && o.dropout < 1, "attention", "The dropout probability is ", o.dropout,
        " (valid: 0 <= dropout < 1)");
}

// (H, T + S - 1) to (H, T, S): entry [t][s] is that of the distance t + S - T - s.
Tensor by_distance(const Tensor& table, int64_t length, int64_t keys) {
  Tensor index = unsqueeze(arange(length), 1) - arange(keys) + (keys - 1);
  return index_select(table, 1, index.reshape({length * keys})).reshape({table.size(0), length, keys});
}

Tensor composed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& distance_bias,
                const Attention& o, const Draw& draw) {
  int64_t length = q.size(1), keys = k.size(1), heads = q.size(2), group = heads / k.size(2);
  auto by_head = [&](const Tensor& x) {  // (B, S, G, D) to (B, H, S, D)
    Tensor y = transpose(x, 1, 2);
    if (group == 1) return y;
    y = expand(unsqueeze(y, 2), {y.size(0), y.size(1), group, y.size(2), y.size(3)});
    return y.reshape({y.size(0), heads, y.size(3), y.size(4)});
  };
  Tensor scores =
      matmul(transpose(q, 1, 2), transpose(by_head(k), 2, 3)) * detail::attention_scale(o, q.size(3));
  if (distance_bias.defined()) scores = scores + by_distance(distance_bias, length, keys);
  if (o.bias.defined()) scores = scores + o.bias;
  Tensor seen = o.causal ? tril(ones({length, keys}), keys - length).to(boolean) : ones({1, 1}).to(boolean);
  if (o.mask.defined()) seen = logical_and(seen, o.mask);
  // A query that sees nothing gives 0: a large negative score there, and its weights masked again.
  Tensor weights = softmax(where(seen, scores, -1e30), -1) * seen.to(q.dtype());
  if (o.dropout > 0)
    weights = weights * detail::attention_dropout_mask(draw, o.dropout, weights.shape(), q.dtype());
  return transpose(matmul(weights, by_head(v)), 1, 2);
}

bool is_fused(const Attention& o) { return !(o.bias.defined() && o.bias.requires_grad() && grad_enabled()); }

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Attention& options) {
  check_shapes(q, k, v);
  check_options(q, k, options);
  Draw draw = options.dropout > 0 ? next_draw() : Draw(0, 0, 0);
  if (!is_fused(options)) return composed(q, k, v, options.distance_bias, options, draw);
  detail::AttentionPass pass(q, k, v, options, draw);
  auto [y, lse] = pass.forward();
  std::vector<Tensor> inputs{q, k, v};
  if (options.distance_bias.defined()) inputs.push_back(options.distance_bias);
  return record("attention", std::move(y), inputs,
                [q = Saved(q), k = Saved(k), v = Saved(v), table = Saved(options.distance_bias),
                 lse = Saved(lse), options, draw](const Tensor& dy, const Tensor& y, Grads& dx) {
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

Tensor attention_composed(const Tensor& q, const Tensor& k, const Tensor& v, const Attention& options) {
  check_shapes(q, k, v);
  check_options(q, k, options);
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
