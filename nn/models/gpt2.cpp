#include "lexigrad/nn/models/gpt2.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/positions/learned.h"
#include "lexigrad/nn/positions/methods.h"

namespace lexigrad::nn {
namespace {

const Gpt2Options& checked(const Gpt2Options& o) {
  check(o.vocabulary > 0 && o.max_length > 0 && o.layers > 0 && o.heads > 0 && o.dim > 0 &&
            o.dim % o.heads == 0,
        "Gpt2", "Needs vocabulary, max_length, layers, and heads that divide the width, got ", o.vocabulary,
        ", ", o.max_length, ", ", o.layers, ", ", o.heads, " heads and a width of ", o.dim);
  return o;
}

std::shared_ptr<Positions> positions_of(const Gpt2Options& o) {
  std::shared_ptr<Positions> out = make_positions(o.positions, o.position.of(o.max_length, o.dim, o.heads));
  if (auto* learned = dynamic_cast<LearnedPositions*>(out.get())) learned->weight().detach().mul_(0.02);
  return out;
}

}  // namespace

Gpt2Options Gpt2Options::of_size(const std::string& size) {
  const std::vector<std::pair<std::string, Gpt2Options>> sizes = {
      {"124M", {.dim = 768, .layers = 12, .heads = 12}},
      {"355M", {.dim = 1024, .layers = 24, .heads = 16}},
      {"774M", {.dim = 1280, .layers = 36, .heads = 20}},
      {"1.5B", {.dim = 1600, .layers = 48, .heads = 25}},
  };
  for (const auto& [name, options] : sizes)
    if (name == size) return options;
  fail("Gpt2", text("There is no size \"", size, "\" (valid are 124M, 355M, 774M, 1.5B)"));
}

Gpt2::Gpt2(const Gpt2Options& options)
    : options_(checked(options)),
      token_(options.vocabulary, options.dim, {.name = "token.weight"}),
      position_(positions_of(options)),
      dropout_(options.dropout),
      blocks_(options.layers, options.dim, options.heads,
              {.dropout = options.dropout,
               .residual_std = 0.02 / std::sqrt(2 * static_cast<double>(options.layers)),
               .positions = position_,
               .recompute = options.recompute},
              [&] { return positions_of(options); }),
      norm_(options.dim) {
  token_.weight().detach().mul_(0.02);
}

Tensor Gpt2::encode(const Tensor& ids, ModelCache* cache) const {
  Scope scope(*this);
  check(ids.rank() == 2, "Gpt2", "Needs ids (B, T), got ", ids.shape());
  Tensor x = dropout_(position_->embed(token_(ids), cache ? cache->length : 0));  // (B, T, C)
  x = blocks_(x, cache ? &cache->layers : nullptr);
  if (cache) cache->length += ids.size(1);
  return norm_(x);
}

ModelCache Gpt2::make_cache() const { return ModelCache(blocks_.size(), options_.max_length); }

std::string Gpt2::extra_repr() const {
  return text("layers=", options_.layers, ", heads=", options_.heads, ", dim=", options_.dim);
}

}  // namespace lexigrad::nn
