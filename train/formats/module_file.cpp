#include "lexigrad/train/formats/module_file.h"

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {

void save_module(const std::string& path, const nn::Module& module, const Metadata& metadata) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : module.state()) tensors.push_back({name, tensor});
  save_safetensors(path, tensors, metadata);
}

Metadata load_module(const std::string& path, nn::Module& module) {
  SafetensorsFile file = load_safetensors(path);
  nn::NamedTensors state;
  for (const auto& [name, tensor] : file.tensors) state.emplace_back(name, tensor);
  try {
    module.load_state(state);
  } catch (const std::invalid_argument& e) {
    fail_file("load_module", text("Its tensors are not those of this module: ", e.what()), path);
  }
  return file.metadata;
}

}  // namespace lexigrad::train
