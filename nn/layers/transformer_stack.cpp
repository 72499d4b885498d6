#include "lexigrad/nn/layers/transformer_stack.h"

namespace lexigrad::nn {

TransformerStack::TransformerStack(int64_t layers, int64_t dim, int64_t heads, TransformerBlockOptions block,
                                   const std::function<std::shared_ptr<Positions>()>& positions) {
  for (int64_t i = 0; i < layers; ++i) {
    if (i > 0 && block.positions && block.positions->of_each_layer()) block.positions = positions();
    blocks_.push_back(std::make_unique<TransformerBlock>(dim, heads, block));
  }
}

Tensor TransformerStack::forward(const Tensor& x, std::vector<KeyValueCache>* caches) const {
  Tensor y = x;
  for (size_t i = 0; i < blocks_.size(); ++i)
    y = (*blocks_[i])(y, Tensor(), caches ? &(*caches)[i] : nullptr);
  return y;
}

}  // namespace lexigrad::nn
