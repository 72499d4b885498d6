#include <cmath>
#include <limits>

#include "lexigrad/autograd/ops/shared/attention_tiles.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

void check_shapes(const Tensor& q, const Tensor& k) {
  check(q.rank() == 4 && k.rank() == 4 && q.size(0) == k.size(0) && q.size(3) == k.size(3) && q.size(3) > 0 &&
            q.dtype() == k.dtype(),
        "attention", "Needs q (B, T, H, D) and k (B, S, G, D) of one dtype, got ", name(q.dtype()), " ",
        q.shape(), " and ", name(k.dtype()), " ", k.shape());
  check(k.size(2) > 0 && q.size(2) % k.size(2) == 0, "attention", "The ", q.size(2),
        " heads of q are no multiple of the ", k.size(2), " of k and v");
}

void check_options(const Tensor& q, const Tensor& k, const AttentionOptions& o) {
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

}  // namespace

Tensor detail::by_head(const Tensor& x, int64_t heads) {
  Tensor y = transpose(x, 1, 2);
  int64_t group = heads / y.size(1);
  if (group == 1) return y;
  y = expand(unsqueeze(y, 2), {y.size(0), y.size(1), group, y.size(2), y.size(3)});
  return y.reshape({y.size(0), heads, y.size(3), y.size(4)});
}

void detail::check_attention(const Tensor& q, const Tensor& k, const AttentionOptions& options) {
  check_shapes(q, k);
  check_options(q, k, options);
}

Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& o) {
  detail::check_attention(q, k, o);
  int64_t length = q.size(1), keys = k.size(1);
  Tensor scores = matmul(transpose(q, 1, 2), transpose(detail::by_head(k, q.size(2)), 2, 3)) *
                  detail::attention_scale(o, q.size(3));
  if (o.distance_bias.defined()) scores = scores + by_distance(o.distance_bias, length, keys);
  if (o.bias.defined()) scores = scores + o.bias;
  constexpr double none = -std::numeric_limits<double>::infinity();
  if (o.causal) scores = where(tril(ones({length, keys}), keys - length).to(boolean), scores, none);
  if (o.mask.defined()) scores = where(o.mask, scores, none);
  if (keys == 0) return scores;
  Tensor blind = eq(amax(scores.detach(), {-1}, true), none);  // queries that see nothing have weights 0
  return masked_fill(softmax(masked_fill(scores, blind, 0), -1), blind, 0);
}

EXAMPLE(
    attention_weights, .shapes = {{{2, 3, 4, 2}, {2, 5, 2, 2}, {4, 7}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return attention_weights(in[0], in[1], {.causal = true, .scale = 0.7, .distance_bias = in[2]});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor q = in[0].contiguous(), k = in[1].contiguous(), table = in[2].contiguous();
          Tensor y = zeros({2, 4, 3, 5}, float64);
          for (int64_t row = 0; row < 24; ++row) {
            int64_t t = row % 3, h = row / 3 % 4, b = row / 12;
            double total = 0;
            for (int64_t s = 0; s <= t + 2; ++s) {
              double score = table.data<double>()[h * 7 + t + 4 - s];
              for (int64_t d = 0; d < 2; ++d)
                score += 0.7 * q.data<double>()[((b * 3 + t) * 4 + h) * 2 + d] *
                         k.data<double>()[((b * 5 + s) * 2 + h / 2) * 2 + d];
              total += y.data<double>()[row * 5 + s] = std::exp(score);
            }
            for (int64_t s = 0; s < 5; ++s) y.data<double>()[row * 5 + s] /= total;
          }
          return y;
        },
    .bad =
        [] {
          attention_weights(ones({1, 2, 3, 4}), ones({1, 2, 2, 4}));
        },
    .error = "[attention] The 3 heads of q are no multiple of the 2 of k and v");

}  // namespace lexigrad
