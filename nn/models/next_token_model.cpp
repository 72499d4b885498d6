#include "lexigrad/nn/models/next_token_model.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/positions/learned.h"
#include "lexigrad/nn/positions/methods.h"

namespace lexigrad::nn {
namespace {

OptionValues values_for(const EncoderKind& kind, const NextTokenModelOptions& o) {
  OptionValues given = o.encoder_options;
  const std::pair<std::string, OptionValue> fields[] = {
      {"layers", o.layers}, {"heads", o.heads}, {"dropout", o.block.dropout}};
  for (const auto& [name, value] : fields)
    if (std::any_of(kind.options.begin(), kind.options.end(),
                    [&, &name = name](auto& each) { return each.name == name; }))
      given.set(name, value);
  return given.completed("NextTokenModel", kind.options);
}

const NextTokenModelOptions& checked(const NextTokenModelOptions& options) {
  check(options.vocabulary > 0 && options.dim > 0 && options.max_length > 0, "NextTokenModel",
        "Needs vocabulary, dim and max_length of at least 1, got ", options.vocabulary, ", ", options.dim,
        " and ", options.max_length);
  const EncoderKind& kind = encoders().at(options.encoder);
  if (kind.check) kind.check({.dim = options.dim, .block = options.block}, values_for(kind, options));
  return options;
}

std::shared_ptr<Positions> positions_of(const NextTokenModelOptions& o) {
  std::shared_ptr<Positions> out = make_positions(o.positions, o.position.of(o.max_length, o.dim, o.heads));
  check(
      encoders().at(o.encoder).attends || !out->in_attention(), "NextTokenModel", "The positions \"",
      o.positions,
      "\" act in attention, which this model does not have. Hint: give it the encoder attention, or learned "
      "or sinusoidal positions");
  if (auto* learned = dynamic_cast<LearnedPositions*>(out.get()); learned && o.init_std != 1)
    learned->weight().detach().mul_(o.init_std);
  return out;
}

std::unique_ptr<NgramMemory> ngrams_of(const NextTokenModelOptions& o) {
  check(o.ngram_rows >= 0, "NextTokenModel", "ngram_rows is ", o.ngram_rows, " (valid: >= 1; 0 is none)");
  if (!o.ngram_table)
    return o.ngram_rows > 0 ? std::make_unique<NgramMemory>(o.ngram_rows, o.dim, o.ngrams) : nullptr;
  check(o.ngram_table->rows() == o.ngram_rows && o.ngram_table->dim() == o.dim, "NextTokenModel",
        "The table of n-grams has shape (", o.ngram_table->rows(), ", ", o.ngram_table->dim(),
        "), this model needs (", o.ngram_rows, ", ", o.dim, ")");
  return std::make_unique<NgramMemory>(o.ngram_table, o.ngrams);
}

}  // namespace

NextTokenModel::NextTokenModel(const NextTokenModelOptions& options)
    : options_(checked(options)),
      loss_(make_head_loss(options.loss, {options.vocabulary, options.occurrences}, options.loss_options)),
      token_(options.vocabulary, options.dim, {.name = "token.weight"}),
      ngrams_(ngrams_of(options)),
      position_(positions_of(options)),
      head_(options.dim, options.vocabulary, {.bias = options.bias}) {
  if (options.init_std != 1) token_.weight().detach().mul_(options.init_std);
  if (options.tied) head_.tie_weight(token_.weight());
  const EncoderKind& kind = encoders().at(options.encoder);
  EncoderInputs inputs{options.dim, options.block, [options] { return positions_of(options); }};
  inputs.block.positions = position_;
  encoder_ = kind.make(inputs, values_for(kind, options));
}

// Vectors of the ids (..., T, C), and of the n-grams that end at each, which may begin in the cache.
Tensor NextTokenModel::embed(const Tensor& ids, ModelCache* cache) const {
  Tensor x = token_(ids);
  if (!ngrams_) return x;
  if (!cache) return x + (*ngrams_)(ids);
  Tensor all = cache->ids.defined() ? cat({cache->ids, ids}, -1) : ids;
  int64_t length = all.size(-1);
  cache->ids = slice(all, -1, std::max<int64_t>(0, length - ngrams_->reach()), length);
  return x + slice((*ngrams_)(all), -2, length - ids.size(-1), length);
}

Tensor NextTokenModel::encode(const Tensor& ids, ModelCache* cache) const {
  Scope scope(*this);
  Tensor x = position_->embed(embed(ids, cache), cache ? cache->length : 0);  // (..., T, C)
  x = encoder_->mix(x, cache);
  if (cache) cache->length += ids.size(-1);
  return x;
}

ModelCache NextTokenModel::make_cache() const {
  return ModelCache(encoder_->cached_layers(), options_.max_length);
}

void NextTokenModel::grow_vocab(int64_t n, NewRows rows) {
  token_.grow_vocab(n, {.rows = rows, .std = options_.init_std});
  head_.grow_out_features(n, {.rows = rows});
  if (!options_.occurrences.empty()) options_.occurrences.resize(static_cast<size_t>(n), 1);
  loss_ = make_head_loss(options_.loss, {n, options_.occurrences}, options_.loss_options);
}

Loss NextTokenModel::training_loss(const Tensor& x, const Tensor& targets) const {
  return loss_(x, head_.weight(), head_.bias(), targets);
}

}  // namespace lexigrad::nn
