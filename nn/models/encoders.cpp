#include "lexigrad/nn/models/encoders.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/layers/transformer_stack.h"

namespace lexigrad::nn {
namespace {

class NoEncoder final : public Encoder {
 public:
  Tensor mix(const Tensor& x, ModelCache*) const override { return x; }

 private:
  LEXIGRAD_MODULE(NoEncoder)
};

// (x_0 + ... + x_t) / (t + 1), for x (B, T, C) that follow what the cache has seen.
Tensor running_mean(const Tensor& x, ModelCache& cache) {
  Tensor sums = cumsum(cache.sum.defined() ? cat({cache.sum, x}, 1) : x, 1);
  sums = narrow(sums, 1, sums.size(1) - x.size(1), x.size(1));
  cache.sum = narrow(sums, 1, x.size(1) - 1, 1).clone();
  double first = static_cast<double>(cache.length + 1);
  Tensor counts = arange(first, first + static_cast<double>(x.size(1)), 1, x.dtype());
  return sums / unsqueeze(counts, 1);
}

class MeanEncoder final : public Encoder {
 public:
  Tensor mix(const Tensor& x, ModelCache* cache) const override {
    return cache ? running_mean(x, *cache) : causal_mean(x);
  }

 private:
  LEXIGRAD_MODULE(MeanEncoder)
};

class AttentionEncoder final : public Encoder {
 public:
  AttentionEncoder(const EncoderInputs& inputs, const OptionValues& values)
      : blocks_(values.get<int64_t>("layers"), inputs.dim, values.get<int64_t>("heads"),
                block_of(inputs, values), inputs.positions),
        norm_(make_norm(inputs.dim, inputs.block)) {}
  Tensor mix(const Tensor& x, ModelCache* cache) const override {
    return (*norm_)(blocks_(x, cache ? &cache->layers : nullptr));
  }
  int64_t cached_layers() const override { return blocks_.size(); }

  static void check_sizes(const EncoderInputs& inputs, const OptionValues& values) {
    int64_t layers = values.get<int64_t>("layers"), heads = values.get<int64_t>("heads");
    check(layers > 0 && heads > 0 && inputs.dim % heads == 0, "NextTokenModel",
          "The attention encoder needs layers, and heads that divide the width, got ", layers, " layers, ",
          heads, " heads and a width of ", inputs.dim);
  }

 private:
  static TransformerBlockOptions block_of(const EncoderInputs& inputs, const OptionValues& values) {
    TransformerBlockOptions block = inputs.block;
    block.dropout = values.get<double>("dropout");
    return block;
  }

  TransformerStack blocks_;
  std::unique_ptr<Layer> norm_;
  LEXIGRAD_MODULE(AttentionEncoder, blocks_, norm_)
};

template <class Class>
EncoderKind without_options(const std::string& name, const std::string& help) {
  auto make = [](const EncoderInputs&, const OptionValues&) { return std::make_unique<Class>(); };
  return {.name = name, .help = help, .options = {}, .check = {}, .make = make};
}

}  // namespace

Table<EncoderKind>& encoders() {
  constexpr int64_t many = int64_t{1} << 40;
  return lexigrad::detail::made_once([] {
    return Table<EncoderKind>(
        "encoder", {without_options<NoEncoder>("none", "the token alone predicts the next"),
                    without_options<MeanEncoder>("mean", "the mean over positions <= t"),
                    {.name = "attention",
                     .help = "a transformer",
                     .options = {{"layers", int64_t{1}, Whole{1, many}, "blocks of the attention encoder"},
                                 {"heads", int64_t{4}, Whole{1, many},
                                  "heads of the attention encoder; they must divide dim"},
                                 {"dropout", 0.0, Real{0, 1},
                                  "share of numbers put to 0 in the attention encoder, in training"}},
                     .attends = true,
                     .check = AttentionEncoder::check_sizes,
                     .make = [](const EncoderInputs& inputs, const OptionValues& values) {
                       return std::make_unique<AttentionEncoder>(inputs, values);
                     }}});
  });
}

}  // namespace lexigrad::nn
