// What the values of a tensor are like.
#pragma once
#include <array>
#include <cstdint>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

/// What the finite values are like; `deviation` divides by count - 1, as torch.std does. All
/// but the counts are NaN where there are too few values.
struct Statistics {
  int64_t count = 0, not_finite = 0;  ///< finite values, and others
  double min, max, mean, deviation;
};

/// Computed in double, with the same bits for any number of threads.
Statistics statistics(const Tensor& x);

/// How the rows of a table of embeddings lie.
struct TableStatistics {
  std::array<double, 5>
      norms;  ///< of the rows: least, quartiles (linear between rows, as torch.quantile), most
  /// Mean cosine of 10,000 pairs of different rows: near 0 where directions are spread evenly, 1 where all rows point
  /// one way. A row of zeros has cosine 0; NaN where there is one row.
  double mean_cosine;
  /// Least over most of Z(c) = sum over rows w of exp(c w) for 64 unit vectors c: 1 is isotropic (Arora et al. 2016,
  /// "A latent variable model approach to PMI-based word embeddings"; Mu and Viswanath 2018 take eigenvectors for c).
  double partition_ratio;
  int64_t zero_rows;  ///< of length 0
};

/// `table` (V, C) floating, V >= 1. Pairs and directions are drawn by position, the same for every table of that
/// shape; the same bits for any number of threads. Throws for another shape or dtype.
TableStatistics table_statistics(const Tensor& table);

/// Skewness of how often a row is among the k nearest by cosine of another: near 0 where all are alike, large where a
/// few rows, the hubs, are near to many (Radovanovic, Nanopoulos and Ivanovic 2010, "Hubs in space"). Of 10,000 rows,
/// drawn by position, where there are more; rows of zeros are left out. NaN where fewer than three are
/// left or each is as often a neighbour.
double hubness(const Tensor& table, int64_t k = 10);

/// Spearman's rho of the norms of the rows and their numbers: how norms follow frequency, where the most frequent rows
/// are first. NaN where all norms are one.
double norm_rank_correlation(const Tensor& table);

}  // namespace lexigrad::train
