// Fuzzes the reader of safetensors files, header and tensors: what is read can be written, and is read back.
#include "lexigrad/train/formats/safetensors.h"

#include "fuzz/readers/reader.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::fuzz {

std::string file_name() { return "tensors.safetensors"; }

void write_seeds(const std::string& folder) {
  Tensor x = randn({2, 3}), flags = zeros({3}, boolean);
  train::save_safetensors(folder + "/one", {{"x", x}});
  train::save_safetensors(folder + "/all", {{"x", x},
                                            {"again", x},
                                            {"wide", x.to(float64)},
                                            {"half", x.to(bfloat16)},
                                            {"whole", zeros({4}, int64)},
                                            {"flags", flags},
                                            {"none", zeros({0, 2})}});
  train::save_safetensors(folder + "/texts", {}, {{"words", "a\nb"}, {"note", "\xC3\xA4"}});
  std::string header = R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})";
  spill(folder + "/foreign", std::string("\x36\0\0\0\0\0\0\0", 8) + header + "1234");
}

std::string mended(std::string bytes) { return with_safetensors_checksum(std::move(bytes)); }

void read(const std::string& path) {
  train::SafetensorsFile file = train::load_safetensors(path);
  train::save_safetensors(path, file.tensors, file.metadata);
  require(train::load_safetensors(path).tensors.size() == file.tensors.size(), "a tensor was lost");
}

}  // namespace lexigrad::fuzz
