// Rows of a table seen from where they differ most.
#pragma once
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct PrincipalView {
  Tensor coordinates;          ///< (N, count) float64; of each column the entry farthest from 0 is positive
  std::vector<double> shares;  ///< of the variance, one a column; 0 where rows are all one
};

/// The first `count` principal components of the rows (N, D), floating: their coordinates around the mean. By Jacobi's
/// rotations of the N x N products, for some hundreds of rows. Throws for other shapes, a value that is not finite, and
/// a count that is not in 1..N.
PrincipalView principal_view(const Tensor& rows, int64_t count = 2);

}  // namespace lexigrad::train
