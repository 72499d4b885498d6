// GPT-2's weights under Hugging Face's names: wte.weight, wpe.weight, h.0.ln_1.weight, ..., ln_f.bias.
#pragma once
#include <string>

#include "lexigrad/nn/models/gpt2.h"

namespace lexigrad::train {

/// The model in a safetensors file, or in a folder's model.safetensors, as float32; names may begin with
/// "transformer.". Sizes are those of the tensors. Heads are n_head of a config.json beside the file, else
/// what save_gpt2 wrote, else width / 64. Draws nothing from the default generator. Throws FileError naming
/// all tensors that are missing, not GPT-2's or of another shape.
nn::Gpt2 load_gpt2(const std::string& path, double dropout = 0);

/// Writes what load_gpt2 reads. Throws for a model with other than learned positions: the
/// format has no place for them.
void save_gpt2(const std::string& path, const nn::Gpt2& model);

}  // namespace lexigrad::train
