#include "lexigrad/nn/layers/attention.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/tape.h"

namespace lexigrad::nn {
namespace {

Linear small_linear(int64_t in, int64_t out, bool bias) {
  Linear layer(in, out, {.bias = bias});
  init::gpt2_(layer.weight(), layer.bias());
  return layer;
}

const MultiHeadAttentionOptions& checked(int64_t dim, int64_t heads, const MultiHeadAttentionOptions& o) {
  check(heads > 0 && dim > 0 && dim % heads == 0, "MultiHeadAttention", "The width ", dim,
        " is no multiple of the ", heads, " heads");
  check(o.kv_heads >= 0 && heads % std::max<int64_t>(o.kv_heads, 1) == 0, "MultiHeadAttention", "The ", heads,
        " heads are no multiple of the ", o.kv_heads, " heads of keys and values");
  check(o.dropout >= 0 && o.dropout < 1, "MultiHeadAttention", "The dropout probability is ", o.dropout,
        " (valid: 0 <= dropout < 1)");
  return o;
}

}  // namespace

std::pair<Tensor, Tensor> KeyValueCache::append(const Tensor& keys, const Tensor& values) {
  NoGrad off;
  int64_t end = length_ + keys.size(1);
  check(end <= max_length_, "KeyValueCache", "The input has ", end, " positions, the cache ", max_length_,
        ". Hint: start again with the last tokens, or make the model with a larger max_length");
  auto put = [&](Tensor& all, const Tensor& x) {
    if (!all.defined()) all = empty({x.size(0), x.size(2), max_length_, x.size(3)}, x.dtype());
    check(all.size(0) == x.size(0), "KeyValueCache", "The batch has ", x.size(0), " rows, the cache ",
          all.size(0));
    narrow(all, 2, length_, x.size(1)).copy_(transpose(x, 1, 2));
    return transpose(narrow(all, 2, 0, end), 1, 2);
  };
  std::pair<Tensor, Tensor> out{put(keys_, keys.detach()), put(values_, values.detach())};
  length_ = end;
  return out;
}

MultiHeadAttention::MultiHeadAttention(int64_t dim, int64_t heads, const MultiHeadAttentionOptions& options)
    : dim_(dim),
      heads_(heads),
      kv_heads_(checked(dim, heads, options).kv_heads > 0 ? options.kv_heads : heads),
      causal_(options.causal),
      dropout_(options.dropout),
      positions_(options.positions ? options.positions : std::make_shared<NoPositions>()),
      qkv_(small_linear(dim, dim + 2 * kv_heads_ * (dim / heads), options.bias)),
      project_(small_linear(dim, dim, options.bias)) {}

Tensor MultiHeadAttention::forward(const Tensor& x, const Tensor& mask, KeyValueCache* cache) const {
  check(x.rank() == 3 && x.size(2) == dim_, "MultiHeadAttention", "Needs x (B, T, ", dim_, "), got ",
        x.shape());
  int64_t batch = x.size(0), length = x.size(1), d = dim_ / heads_, start = cache ? cache->length() : 0;
  std::vector<Tensor> parts = split(qkv_(x), {dim_, kv_heads_ * d, kv_heads_ * d}, 2);
  Tensor q = positions_->turn(parts[0].reshape({batch, length, heads_, d}), start);
  Tensor k = positions_->turn(parts[1].reshape({batch, length, kv_heads_, d}), start);
  Tensor v = parts[2].reshape({batch, length, kv_heads_, d});
  if (cache) std::tie(k, v) = cache->append(k, v);
  AttentionOptions options{.causal = causal_, .mask = mask, .dropout = is_training() ? dropout_ : 0};
  return project_(positions_->attend(q, k, v, options).reshape({batch, length, dim_}));
}

std::string MultiHeadAttention::extra_repr() const {
  return text(dim_, ", heads=", heads_, kv_heads_ == heads_ ? "" : text(", kv_heads=", kv_heads_),
              causal_ ? ", causal=True" : "");
}

}  // namespace lexigrad::nn
