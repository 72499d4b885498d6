// Matrices as pictures, in SVG, without any dependency.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct HeatMap {
  std::string title;
  Tensor
      values;  ///< (rows, columns), floating; drawn from the lightest at the least to the darkest at the most
};

/// The maps beside each other, `columns` in a row: SVG text, the same bytes for the same maps. Each has its
/// own scale, which its title gives. Throws on what is no matrix, or holds no finite number.
std::string svg_heat_maps(const std::vector<HeatMap>& maps, int64_t columns = 4);

/// Writes it to a file, atomically.
void save_svg_heat_maps(const std::string& path, const std::vector<HeatMap>& maps, int64_t columns = 4);

}  // namespace lexigrad::train
