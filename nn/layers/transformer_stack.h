// Transformer blocks, one after another.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "lexigrad/nn/layers/transformer_block.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// x (B, T, dim) to the same shape. The blocks are children "0", "1", ...
class TransformerStack final : public Module {
 public:
  /// All blocks share block.positions, or have a set each (further ones from `positions`) where
  /// the method is of each layer.
  TransformerStack(int64_t layers, int64_t dim, int64_t heads, TransformerBlockOptions block,
                   const std::function<std::shared_ptr<Positions>()>& positions);

  /// With caches, one for each block, x follows what they hold.
  Tensor forward(const Tensor& x, std::vector<KeyValueCache>* caches = nullptr) const;

  int64_t size() const { return static_cast<int64_t>(blocks_.size()); }
  const TransformerBlock& operator[](int64_t index) const { return *blocks_.at(static_cast<size_t>(index)); }

  LEXIGRAD_FORWARD(TransformerStack)
  // The list without a name: paths are "blocks.0.norm1", not "blocks.blocks.0.norm1".
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "TransformerStack", " ").add(blocks_);
  }

  std::vector<std::unique_ptr<TransformerBlock>> blocks_;
};

}  // namespace lexigrad::nn
