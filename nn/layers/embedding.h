// A table of vectors, looked up by id.
#pragma once
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct EmbeddingOptions {
  int64_t padding_idx = -1;     // this row stays as it is (and starts as zeros); -1: none
  std::string name = "weight";  // of the table, in messages
};

struct PretrainedOptions {
  bool freeze = true;
  int64_t padding_idx = -1;  // this row stays as it is; -1: none
};

/// Rows of weight (num_embeddings, embedding_dim) at ids; its gradient holds the rows looked up only.
class Embedding final : public Module {
 public:
  /// The table starts from N(0, 1), drawn as PyTorch draws it.
  Embedding(int64_t num_embeddings, int64_t embedding_dim, const EmbeddingOptions& options = {}) {
    check(num_embeddings > 0 && embedding_dim > 0, "Embedding", "Needs at least one row and one column, got ",
          num_embeddings, " and ", embedding_dim);
    set(randn({num_embeddings, embedding_dim}), true, options.padding_idx);
    weight_.name = options.name;
    reset_padding();
  }

  /// Over a table (num_embeddings, embedding_dim) that exists, whose memory it shares. Frozen unless told
  /// otherwise.
  static Embedding from_pretrained(const Tensor& table, const PretrainedOptions& options = {}) {
    check(table.rank() == 2, "from_pretrained",
          "The table must have shape (num_embeddings, embedding_dim), got ", table.shape());
    Embedding out;
    out.set(table, !options.freeze, options.padding_idx);
    return out;
  }

  /// ids (int64, any shape) to ids' shape + (embedding_dim).
  Tensor operator()(const Tensor& ids) const {
    return call(ids, [this](const Tensor& ids) {
      return embedding(weight_, ids, {.padding_idx = padding_idx(), .table = weight_.name});
    });
  }
  /// One id to (1, embedding_dim).
  Tensor operator()(int64_t id) const { return (*this)(tensor({id})); }

  const ParameterRef& weight() const { return weight_; }
  /// -1: none.
  int64_t padding_idx() const { return weight_.constant_row; }
  /// Zeroes the padding row, if there is one: after an init of one's own.
  void reset_padding() {
    if (padding_idx() >= 0) weight_.detach()[padding_idx()].fill_(0);
  }

 private:
  Embedding() = default;

  void set(const Tensor& table, bool trains, int64_t padding_idx) {
    check(padding_idx >= -1 && padding_idx < table.size(0), "Embedding", "padding_idx ", padding_idx,
          " is outside the table (valid are 0..", table.size(0) - 1, ", and -1 for none)");
    weight_ = Parameter(table, trains);
    weight_.name = "weight";
    weight_.constant_row = padding_idx;
  }

  std::string extra_repr() const override {
    return text(weight_.size(0), ", ", weight_.size(1),
                padding_idx() < 0 ? "" : text(", padding_idx=", padding_idx()));
  }

  Parameter weight_;
  LEXIGRAD_MODULE(Embedding, weight_)
};

}  // namespace lexigrad::nn
