// A module as one safetensors file.
#pragma once
#include <string>

#include "lexigrad/nn/module.h"
#include "lexigrad/train/formats/safetensors.h"

namespace lexigrad::train {

/// Writes module.state() and `metadata`. A tied weight is written once, its other names as
/// aliases of the first.
void save_module(const std::string& path, const nn::Module& module, const Metadata& metadata = {});

/// Reads such a file into the module, in the module's dtype, and returns its metadata. Throws FileError,
/// changing nothing and naming all tensors that are missing, unexpected or of another shape, and all that are
/// tied in one of the two only.
Metadata load_module(const std::string& path, nn::Module& module);

}  // namespace lexigrad::train
