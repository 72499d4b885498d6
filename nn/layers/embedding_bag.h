// Sums, means or maxima of the rows of a table, bag by bag.
#pragma once
#include <string>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct EmbeddingBagOptions {
  double max_norm = 0;  ///< this and the next two as in EmbeddingOptions
  double norm_type = 2;
  bool scale_grad_by_freq = false;   ///< not for max
  Bag mode = Bag::mean;              ///< Bag::sum, mean or max
  bool include_last_offset = false;  ///< offsets have one more entry, the number of ids
  int64_t padding_idx = -1;          ///< ids equal to it are left out of their bags; its row is constant
  std::string name = "weight";       ///< of the table, in messages
};

/// One vector for each bag of ids, without ever holding the rows that it is made of.
/// torch.nn.EmbeddingBag; its gradient holds the rows looked up only.
class EmbeddingBag final : public Module {
 public:
  /// The table starts from N(0, 1), drawn as PyTorch draws it.
  EmbeddingBag(int64_t num_embeddings, int64_t embedding_dim, const EmbeddingBagOptions& options = {})
      : EmbeddingBag(detail::draw_table("EmbeddingBag", num_embeddings, embedding_dim, options.padding_idx),
                     options, true) {}

  /// Over a table (num_embeddings, embedding_dim) that exists, whose memory is shared. Frozen
  /// unless `freeze` is false.
  static EmbeddingBag from_pretrained(const Tensor& table, const EmbeddingBagOptions& options = {},
                                      bool freeze = true) {
    check(table.rank() == 2, "from_pretrained",
          "The table must have shape (num_embeddings, embedding_dim), got ", table.shape());
    return EmbeddingBag(table, options, !freeze);
  }

  /// ids (bags, n), or a list with `offsets` where bags begin, to (bags, embedding_dim); an
  /// empty bag gives zeros. per_sample_weights of ids' shape for mode sum.
  Tensor forward(const Tensor& ids, const Tensor& offsets = {}, const Tensor& per_sample_weights = {}) const {
    return embedding_bag(weight_, ids, offsets, per_sample_weights,
                         {.mode = options_.mode,
                          .padding_idx = weight_.constant_row(),
                          .include_last_offset = options_.include_last_offset,
                          .scale_grad_by_freq = options_.scale_grad_by_freq,
                          .table = options_.name});
  }

  const ParameterRef& weight() const { return weight_; }

 private:
  EmbeddingBag(const Tensor& table, const EmbeddingBagOptions& options, bool trains)
      : weight_(detail::make_table("EmbeddingBag", table, trains, options.padding_idx, options.max_norm,
                                   options.norm_type)),
        options_(options) {
    check(!options.scale_grad_by_freq || options.mode != Bag::max, "EmbeddingBag",
          "scale_grad_by_freq is for sum and mean");
  }

  std::string extra_repr() const override {
    const char* modes[] = {"sum", "mean", "max"};
    return text(weight_.size(0), ", ", weight_.size(1), detail::rules_repr(*weight_.rules),
                options_.scale_grad_by_freq ? ", scale_grad_by_freq=True" : "", ", mode='",
                modes[static_cast<int>(options_.mode)], "'",
                weight_.constant_row() < 0 ? "" : text(", padding_idx=", weight_.constant_row()));
  }

  Parameter weight_;
  EmbeddingBagOptions options_;
  LEXIGRAD_MODULE(EmbeddingBag, weight_)
};

}  // namespace lexigrad::nn
