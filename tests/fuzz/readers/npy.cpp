// Fuzzes the reader of .npy files: what is read can be written, and is read back.
#include "lexigrad/train/formats/npy.h"

#include "fuzz/readers/reader.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::fuzz {

std::string file_name() { return "array.npy"; }

void write_seeds(const std::string& folder) {
  for (Dtype dtype : {float32, float64, int64, boolean})
    train::save_npy(folder + "/" + std::string(name(dtype)), ones({2, 3}, dtype));
  train::save_npy(folder + "/number", zeros({}));
  std::string header = "{'descr': '>f2', 'fortran_order': True, 'shape': (2, 1), }\n";
  spill(folder + "/fortran", std::string("\x93NUMPY\2\0", 8) + static_cast<char>(header.size()) +
                                 std::string(3, '\0') + header + "1234");
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  Tensor array = train::load_npy(path);
  train::save_npy(path, array);
  require(train::load_npy(path).shape() == array.shape(), "another shape is read back");
}

}  // namespace lexigrad::fuzz
