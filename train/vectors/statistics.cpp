#include "lexigrad/train/vectors/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/train/vectors/correlation.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kBlock = 1 << 16;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Part {
  int64_t count = 0;
  double sum = 0, min = kInfinity, max = -kInfinity;
};

// Folds the finite values of each block with fold(part, value), and the blocks in their order.
template <class T, class Fold>
Part fold_blocks(const T* x, int64_t size, const Fold& fold) {
  std::vector<Part> parts((size + kBlock - 1) / kBlock);
  parallel_ranges(size, kBlock, [&](int64_t begin, int64_t end) {
    Part part;
    for (int64_t i = begin; i < end; ++i)
      if (auto value = static_cast<double>(x[i]); std::isfinite(value)) fold(part, value);
    parts[begin / kBlock] = part;
  });
  Part all;
  for (const Part& part : parts) {
    all.count += part.count;
    all.sum += part.sum;
    all.min = std::min(all.min, part.min);
    all.max = std::max(all.max, part.max);
  }
  return all;
}

template <class T>
Statistics of(const T* x, int64_t size) {
  Part plain = fold_blocks(x, size, [](Part& part, double value) {
    ++part.count;
    part.sum += value;
    part.min = std::min(part.min, value);
    part.max = std::max(part.max, value);
  });
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  Statistics out{plain.count, size - plain.count, none, none, none, none};
  if (plain.count == 0) return out;
  out.min = plain.min, out.max = plain.max;
  out.mean = plain.sum / static_cast<double>(plain.count);
  double squares = fold_blocks(x, size, [&](Part& part, double value) {
                     part.sum += (value - out.mean) * (value - out.mean);
                   }).sum;
  if (plain.count > 1) out.deviation = std::sqrt(squares / static_cast<double>(plain.count - 1));
  return out;
}

constexpr uint64_t kPairs = 0, kDirections = 1, kSample = 2;  // streams of draws
constexpr int64_t kDirectionCount = 64;

// Calls f(first row, rows as float64) on one block after the other: the whole table in float64 takes twice its bytes.
template <class F>
void for_blocks(const Tensor& table, const F& f) {
  const int64_t rows = table.size(0),
                block = std::max<int64_t>(1, kBlock * 4 / std::max(table.size(1), kDirectionCount));
  for (int64_t row = 0; row < rows; row += block)
    f(row, embedding(table, arange(row, std::min(row + block, rows))).to(float64));
}

std::vector<double> row_norms(const Tensor& table) {
  std::vector<double> out(static_cast<size_t>(table.size(0)));
  for_blocks(table, [&](int64_t first, const Tensor& rows) {
    const double* x = rows.data<double>();
    const int64_t dim = rows.size(1);
    parallel_ranges(rows.size(0), std::max<int64_t>(1, kBlock / dim), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        double squares = 0;
        for (int64_t i = row * dim; i < (row + 1) * dim; ++i) squares += x[i] * x[i];
        out[static_cast<size_t>(first + row)] = std::sqrt(squares);
      }
    });
  });
  return out;
}

std::array<double, 5> quartiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::array<double, 5> out{};
  for (size_t i = 0; i < out.size(); ++i) {
    double at = static_cast<double>((values.size() - 1) * i) / 4, whole = std::floor(at);
    auto low = static_cast<size_t>(whole), high = std::min(low + 1, values.size() - 1);
    out[i] = values[low] + (at - whole) * (values[high] - values[low]);
  }
  return out;
}

double mean_cosine(const Tensor& table, const std::vector<double>& norms) {
  constexpr uint64_t count = 10'000, block = 250;
  const CounterRng random(0, kPairs);
  const uint64_t rows = norms.size();
  if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto dim = static_cast<size_t>(table.size(1));
  double sum = 0;
  for (uint64_t first = 0; first < count; first += block) {
    std::vector<int64_t> ids;
    for (uint64_t pair = first; pair < first + block; ++pair) {
      uint64_t a = random.below(rows, pair, 0), b = random.below(rows - 1, pair, 1);
      b += b >= a;
      ids.push_back(static_cast<int64_t>(a));
      ids.push_back(static_cast<int64_t>(b));
    }
    Tensor pairs = embedding(table, tensor(ids)).to(float64);
    const double* x = pairs.data<double>();
    for (size_t pair = 0; pair < block; ++pair, x += 2 * dim) {
      double dot = 0,
             size = norms[static_cast<size_t>(ids[2 * pair])] * norms[static_cast<size_t>(ids[2 * pair + 1])];
      for (size_t i = 0; i < dim; ++i) dot += x[i] * x[dim + i];
      if (size > 0) sum += dot / size;
    }
  }
  return sum / static_cast<double>(count);
}

// Directions of signs. Each Z(c) is the sum of its rows' exponentials over that of the largest.
double partition_ratio(const Tensor& table) {
  constexpr int64_t count = kDirectionCount;
  const int64_t dim = table.size(1);
  const CounterRng random(0, kDirections);
  Tensor directions = zeros({dim, count}, float64);
  double* c = directions.data<double>();
  for (int64_t i = 0; i < dim * count; ++i)
    c[i] = (random(0, static_cast<uint64_t>(i)) >> 63 ? 1 : -1) / std::sqrt(static_cast<double>(dim));
  double most = -kInfinity;
  std::array<double, count> sums{};
  for_blocks(table, [&](int64_t, const Tensor& rows) {
    Tensor products = matmul(rows, directions);
    const double* x = products.data<double>();
    const int64_t size = products.numel();
    const double larger = std::max(most, *std::max_element(x, x + size)), less = std::exp(most - larger);
    for (double& sum : sums) sum *= less;
    for (int64_t i = 0; i < size; ++i) sums[static_cast<size_t>(i % count)] += std::exp(x[i] - larger);
    most = larger;
  });
  auto [least, largest] = std::minmax_element(sums.begin(), sums.end());
  return *least / *largest;
}

void check_table(const Tensor& table) {
  check(table.rank() == 2 && table.numel() > 0 && is_floating(arithmetic_dtype(table.dtype())),
        "table_statistics", "The table has shape ", table.shape(),
        " (valid: rows x numbers, floating, not empty)");
}

// Rows that are not all zeros, in their order; some of them, drawn, where there are more than `most`.
std::vector<int64_t> sampled_rows(const std::vector<double>& norms, size_t most) {
  std::vector<int64_t> out;
  for (size_t row = 0; row < norms.size(); ++row)
    if (norms[row] > 0) out.push_back(static_cast<int64_t>(row));
  if (out.size() <= most) return out;
  CounterRng(0, kSample).shuffle(out, 0);
  out.resize(most);
  std::sort(out.begin(), out.end());
  return out;
}

// Third moment around the mean over the deviation's cube.
double skewness(const std::vector<double>& values) {
  double mean = 0, squares = 0, cubes = 0;
  const auto count = static_cast<double>(values.size());
  for (double value : values) mean += value / count;
  for (double value : values) {
    const double x = value - mean;
    squares += x * x / count, cubes += x * x * x / count;
  }
  return squares > 0 ? cubes / std::pow(squares, 1.5) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

TableStatistics table_statistics(const Tensor& table) {
  check_table(table);
  NoGrad off;
  Tensor held = table.detach();
  std::vector<double> norms = row_norms(held);
  return {.norms = quartiles(norms),
          .mean_cosine = mean_cosine(held, norms),
          .partition_ratio = partition_ratio(held),
          .zero_rows = std::count(norms.begin(), norms.end(), 0.0)};
}

double hubness(const Tensor& table, int64_t k) {
  check_table(table);
  NoGrad off;
  std::vector<int64_t> ids = sampled_rows(row_norms(table.detach()), 10'000);
  if (ids.size() < 3) return std::numeric_limits<double>::quiet_NaN();
  const Tensor sample = embedding(table.detach(), tensor(ids));
  std::iota(ids.begin(), ids.end(), int64_t{0});
  std::vector<double> times(ids.size());
  for (const std::vector<NearRow>& near : nearest_rows(sample, ids, k))
    for (const NearRow& row : near) ++times[static_cast<size_t>(row.id)];
  return skewness(times);
}

double norm_rank_correlation(const Tensor& table) {
  check_table(table);
  NoGrad off;
  const std::vector<double> norms = row_norms(table.detach());
  std::vector<double> places(norms.size());
  std::iota(places.begin(), places.end(), 0.0);
  return spearman(norms, places);
}

Statistics statistics(const Tensor& x) {
  Tensor held = x.detach().to(arithmetic_dtype(x.dtype())).contiguous();
  return dispatch(held.dtype(), [&]<class T>(T) { return of(held.data<T>(), held.numel()); });
}

}  // namespace lexigrad::train
