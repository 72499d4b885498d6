// What mixes positions in a model of the next token, by name. Every encoder is causal: output t
// sees the inputs 0..t only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/autograd/base/table.h"
#include "lexigrad/nn/layers/transformer_block.h"
#include "lexigrad/nn/models/language_model.h"

namespace lexigrad::nn {

/// A part of a model without a name of its own: the paths of its members lie right below the
/// model's, as "blocks.0.norm1.weight" does.
class Encoder : public Module {
 public:
  /// x (..., T, C) to the same shape. With a cache, x follows the cache->length inputs that
  /// it has seen.
  virtual Tensor mix(const Tensor& x, ModelCache* cache) const = 0;
  /// Layers that keep keys and values in a cache.
  virtual int64_t cached_layers() const { return 0; }
};

/// What an encoder may need to know of its model.
struct EncoderInputs {
  int64_t dim = 0;
  TransformerBlockOptions block = {};  ///< of blocks, the model's positions among them
  std::function<std::shared_ptr<Positions>()> positions = {};  ///< more, where each layer has its own
};

struct EncoderKind {
  std::string name, help;
  std::vector<Option> options;  ///< "layers", "heads" and "dropout" are those of the model's options
  bool attends = false;         ///< positions that act in attention go with it
  /// Throws where the sizes do not fit, before the model draws anything; may be empty.
  std::function<void(const EncoderInputs&, const OptionValues&)> check;
  std::function<std::unique_ptr<Encoder>(const EncoderInputs&, const OptionValues&)> make;
};
/// "none", "mean", "attention".
Table<EncoderKind>& encoders();

/// Adds an encoder of one's own: const EncoderEntry mine({.name = "mine", .help = "...",
/// .make = make}).
using EncoderEntry = TableEntry<encoders>;

}  // namespace lexigrad::nn
