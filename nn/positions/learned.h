// Learned absolute positions (Gehring et al. 2017; GPT).
#pragma once
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// Adds row t of a table (max_length, dim) to position t. The table starts from N(0, 1).
class LearnedPositions final : public Positions {
 public:
  LearnedPositions(int64_t max_length, int64_t dim) {
    check(max_length > 0 && dim > 0, "LearnedPositions", "Needs at least one position and one column, got ",
          max_length, " and ", dim);
    weight_ = Parameter(randn({max_length, dim}));
  }

  /// x (..., T, dim), start + T <= max_length, to the same shape.
  Tensor forward(const Tensor& x, int64_t start = 0) const {
    int64_t max_length = weight_.size(0), dim = weight_.size(1);
    check(x.rank() >= 2, "LearnedPositions", "Needs x (..., T, dim), got ", x.shape());
    check(x.size(-1) == dim, "LearnedPositions", "The tokens' embeddings have width ", x.size(-1),
          ", the positions' ", dim, ". Hint: both tables need the same embedding_dim");
    int64_t end = start + x.size(-2);
    check(end <= max_length, "LearnedPositions", "The input has ", end, " positions, the table ", max_length,
          ". Hint: cut the input into windows, or make the model with a larger max_length");
    return x + embedding(weight_, arange(start, end), {.table = "position"});
  }
  Tensor embed(const Tensor& x, int64_t start = 0) const override { return (*this)(x, start); }

  const ParameterRef& weight() const { return weight_; }

 private:
  std::string extra_repr() const override { return text(weight_.size(0), ", ", weight_.size(1)); }

  Parameter weight_;
  LEXIGRAD_MODULE(LearnedPositions, weight_)
};

}  // namespace lexigrad::nn
