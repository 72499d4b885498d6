#include "lexigrad/train/formats/safetensors/product_quantizer.h"

#include <algorithm>
#include <numeric>

#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/parallel.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kMost = 256;       // centroids
constexpr int64_t kSample = 65'536;  // rows that they are the means of
constexpr int kRounds = 15;
constexpr int64_t kBlock = 256;  // rows that are looked up together

// The centroids of one part, number by number, so that a row meets all of them at once.
class Centroids {
 public:
  Centroids(int64_t count, int64_t width)
      : count_(count),
        width_(width),
        values_(static_cast<size_t>(count * width)),
        halves_(static_cast<size_t>(count)) {}
  float& at(int64_t centroid, int64_t k) { return values_[static_cast<size_t>(k * count_ + centroid)]; }
  /// After a change of values: half the squared lengths.
  void measure() {
    for (int64_t c = 0; c < count_; ++c) {
      float sum = 0;
      for (int64_t k = 0; k < width_; ++k) sum += at(c, k) * at(c, k);
      halves_[static_cast<size_t>(c)] = sum / 2;
    }
  }
  /// The nearest, of equals the first.
  int64_t nearest(const float* part) const {
    float far[kMost];
    std::copy(halves_.begin(), halves_.end(), far);
    for (int64_t k = 0; k < width_; ++k) {
      const float* values = values_.data() + k * count_;
      for (int64_t c = 0; c < count_; ++c) far[c] -= part[k] * values[c];
    }
    return std::min_element(far, far + count_) - far;
  }

 private:
  int64_t count_, width_;
  std::vector<float> values_, halves_;
};

// Different rows, in a random order.
std::vector<int64_t> sample(int64_t rows, uint64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  CounterRng(seed).shuffle(order, 0);
  order.resize(static_cast<size_t>(std::min(rows, kSample)));
  return order;
}

// Lloyd's iteration from the first rows of the sample. A centroid that is nearest to nothing stays.
void learn(Centroids& centroids, const float* first, int64_t dim, const std::vector<int64_t>& rows,
           int64_t count, int64_t width) {
  for (int64_t c = 0; c < count; ++c)
    for (int64_t k = 0; k < width; ++k) centroids.at(c, k) = first[rows[static_cast<size_t>(c)] * dim + k];
  centroids.measure();
  if (count == static_cast<int64_t>(rows.size())) return;  // each row is its own
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> sums(static_cast<size_t>(count * width));
    std::vector<int64_t> members(static_cast<size_t>(count));
    for (int64_t row : rows) {
      const float* part = first + row * dim;
      const int64_t c = centroids.nearest(part);
      ++members[static_cast<size_t>(c)];
      for (int64_t k = 0; k < width; ++k) sums[static_cast<size_t>(c * width + k)] += part[k];
    }
    for (int64_t c = 0; c < count; ++c)
      for (int64_t k = 0; k < width && members[static_cast<size_t>(c)] > 0; ++k)
        centroids.at(c, k) = static_cast<float>(sums[static_cast<size_t>(c * width + k)] /
                                                static_cast<double>(members[static_cast<size_t>(c)]));
    centroids.measure();
  }
}

}  // namespace

ProductCodes product_codes(const Tensor& rows, int64_t parts, uint64_t seed) {
  const int64_t size = rows.size(0), dim = rows.size(1), width = dim / parts, count = std::min(size, kMost);
  const auto* values = rows.data<float>();
  ProductCodes out{parts, count, width, std::vector<float>(static_cast<size_t>(parts * count * width)),
                   std::string(static_cast<size_t>(size * parts), '\0')};
  const std::vector<int64_t> learnt_of = sample(size, seed);
  std::vector<Centroids> all(static_cast<size_t>(parts), Centroids(count, width));
  parallel_blocks(parts, [&](int64_t p) {
    Centroids& own = all[static_cast<size_t>(p)];
    learn(own, values + p * width, dim, learnt_of, count, width);
    for (int64_t c = 0; c < count; ++c)
      for (int64_t k = 0; k < width; ++k)
        out.centroids[static_cast<size_t>((p * count + c) * width + k)] = own.at(c, k);
  });
  parallel_ranges(size, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t p = 0; p < parts; ++p)
      for (int64_t i = begin; i < end; ++i)
        out.codes[static_cast<size_t>(i * parts + p)] =
            static_cast<char>(all[static_cast<size_t>(p)].nearest(values + i * dim + p * width));
  });
  return out;
}

}  // namespace lexigrad::train
