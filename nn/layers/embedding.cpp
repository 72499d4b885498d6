#include "lexigrad/nn/layers/embedding.h"

#include <atomic>
#include <cmath>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::nn {
namespace detail {

Parameter make_table(const char* where, const Tensor& table, bool trains, int64_t padding_idx,
                     double max_norm, double norm_type) {
  check(padding_idx >= -1 && padding_idx < table.size(0), where, "padding_idx ", padding_idx,
        " is outside the table (valid are 0..", table.size(0) - 1, ", and -1 for none)");
  check(std::isfinite(max_norm) && max_norm >= 0, where, "max_norm is ", max_norm,
        " (valid: finite, > 0, and 0 for none)");
  check(norm_type > 0, where, "norm_type is ", norm_type, " (valid: > 0, infinity for the largest value)");
  Parameter out(table, trains);
  out.name = "weight";
  *out.rules = RowRules{.constant_row = padding_idx, .max_norm = max_norm, .norm_type = norm_type};
  return out;
}

Tensor draw_table(const char* where, int64_t rows, int64_t columns, int64_t padding_idx) {
  check(rows > 0 && columns > 0, where, "Needs at least one row and one column, got ", rows, " and ",
        columns);
  Tensor table = randn({rows, columns});
  if (padding_idx >= 0 && padding_idx < rows) select(table, 0, padding_idx).fill_(0);
  return table;
}

std::string rules_repr(const RowRules& rules) {
  auto shown = [](double x) { return text(x, std::isfinite(x) && x == std::floor(x) ? ".0" : ""); };
  return text(rules.max_norm == 0 ? "" : text(", max_norm=", shown(rules.max_norm)),
              rules.norm_type == 2 ? "" : text(", norm_type=", shown(rules.norm_type)));
}

}  // namespace detail

Embedding::Embedding(int64_t num_embeddings, int64_t embedding_dim, const EmbeddingOptions& options)
    : weight_(detail::make_table(
          "Embedding", detail::draw_table("Embedding", num_embeddings, embedding_dim, options.padding_idx),
          true, options.padding_idx, options.max_norm, options.norm_type)),
      scale_grad_by_freq_(options.scale_grad_by_freq),
      name_(options.name) {
  weight_.name = name_;
  if (options.count_rows) row_counts_ = Buffer(zeros({num_embeddings}, int64));
}

Embedding Embedding::from_pretrained(const Tensor& table, const PretrainedOptions& options) {
  check(table.rank() == 2, "from_pretrained",
        "The table must have shape (num_embeddings, embedding_dim), got ", table.shape());
  Embedding out;
  out.weight_ = detail::make_table("Embedding", table, !options.freeze, options.padding_idx, options.max_norm,
                                   options.norm_type);
  out.scale_grad_by_freq_ = options.scale_grad_by_freq;
  if (options.count_rows) out.row_counts_ = Buffer(zeros({table.size(0)}, int64));
  return out;
}

Tensor Embedding::forward(const Tensor& ids) const {
  Tensor y =
      embedding(weight_, ids,
                {.padding_idx = padding_idx(), .table = name_, .scale_grad_by_freq = scale_grad_by_freq_});
  if (row_counts_.defined() && is_training()) count(ids);
  return y;
}

// Atomic: a table may be read by several threads of the user's.
void Embedding::count(const Tensor& ids) const {
  Tensor counts = row_counts(), flat = ids.contiguous();
  const int64_t* id = flat.data<int64_t>();
  for (int64_t i = 0; i < flat.numel(); ++i)
    std::atomic_ref(counts.data<int64_t>()[id[i]]).fetch_add(1, std::memory_order_relaxed);
}

Tensor Embedding::row_counts() const {
  check(row_counts_.defined(), "row_counts",
        "Rows of this embedding are not counted. Hint: {.count_rows = true}");
  if (int64_t missing = weight_.size(0) - row_counts_.size(0); missing > 0)
    row_counts_.append_rows_(zeros({missing}, int64));
  return row_counts_;
}

void Embedding::grow_vocab(int64_t n, const GrowOptions& options) {
  detail::grow("grow_vocab", weight_, n, options.rows,
               [&](const Tensor& rows) { init::normal_(rows, 0, options.std); });
  if (row_counts_.defined()) row_counts();
}

std::string Embedding::extra_repr() const {
  return text(weight_.size(0), ", ", weight_.size(1),
              padding_idx() < 0 ? "" : text(", padding_idx=", padding_idx()),
              detail::rules_repr(*weight_.rules), scale_grad_by_freq_ ? ", scale_grad_by_freq=True" : "");
}

}  // namespace lexigrad::nn
