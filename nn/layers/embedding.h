// A table of vectors, looked up by id.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/layers/grow.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct EmbeddingOptions {
  int64_t padding_idx = -1;         ///< this row stays as it is (and starts as zeros); -1: none
  double max_norm = 0;              ///< of rows with a gradient, held by the optimizer after its step; 0: any
  double norm_type = 2;             ///< of that norm
  bool scale_grad_by_freq = false;  ///< divides a row's gradient by how often its id is in the batch
  bool count_rows = false;          ///< counts how often each row is read in training
  std::string name = "weight";      ///< of the table, in messages
};

struct PretrainedOptions {
  bool freeze = true;
  int64_t padding_idx = -1;  ///< this row stays as it is; -1: none
  double max_norm = 0;       ///< the others as in EmbeddingOptions
  double norm_type = 2;
  bool scale_grad_by_freq = false;
  bool count_rows = false;
};

namespace detail {
/// A table (num_embeddings, embedding_dim) as a parameter, with rules for its rows.
Parameter make_table(const char* where, const Tensor& table, bool trains, int64_t padding_idx,
                     double max_norm, double norm_type);
/// N(0, 1) as PyTorch draws it, the padding row zero; throws unless there are rows and columns.
Tensor draw_table(const char* where, int64_t rows, int64_t columns, int64_t padding_idx);
/// ", max_norm=1" where that is so, for printing.
std::string rules_repr(const RowRules& rules);
}  // namespace detail

/// Rows of weight (num_embeddings, embedding_dim) at ids; its gradient holds the rows
/// looked up only.
class Embedding final : public Module {
 public:
  /// The table starts from N(0, 1), drawn as PyTorch draws it.
  Embedding(int64_t num_embeddings, int64_t embedding_dim, const EmbeddingOptions& options = {});

  /// Over a table (num_embeddings, embedding_dim) that exists, whose memory is shared. Frozen
  /// unless the options say otherwise.
  static Embedding from_pretrained(const Tensor& table, const PretrainedOptions& options = {});

  /// ids (int64, any shape) to ids' shape + (embedding_dim).
  Tensor forward(const Tensor& ids) const;
  /// One id to (1, embedding_dim).
  Tensor forward(int64_t id) const { return forward(tensor({id})); }

  const ParameterRef& weight() const { return weight_; }
  /// -1: none.
  int64_t padding_idx() const { return weight_.constant_row(); }
  /// Zeroes the padding row, if there is one: after an init of one's own.
  void reset_padding() {
    if (padding_idx() >= 0) weight_.detach()[padding_idx()].fill_(0);
  }

  /// Slows rows by a rate each, or freezes some: see ParameterRef.
  void set_row_rates(const Tensor& rates) { weight_.set_row_rates(rates); }
  void freeze_rows(const Tensor& ids) { weight_.freeze_rows(ids); }
  void freeze_rows(const std::vector<int64_t>& ids) { weight_.freeze_rows(ids); }

  /// Grows the table to n rows in place: weights tied to it and optimizers see them,
  /// old rows keep value and moments. Drops the gradient. A tied head's bias does
  /// not follow: Linear::grow_out_features.
  void grow_vocab(int64_t n, const GrowOptions& options = {});

  /// How often each row has been read in training (num_embeddings), int64; part of the state.
  /// Needs the option count_rows.
  Tensor row_counts() const;

 private:
  Embedding() = default;
  void count(const Tensor& ids) const;
  std::string extra_repr() const override;

  Parameter weight_;
  Buffer row_counts_;  ///< undefined: not counted
  bool scale_grad_by_freq_ = false;
  std::string name_ = "weight";
  LEXIGRAD_MODULE(Embedding, weight_, row_counts_)
};

}  // namespace lexigrad::nn
