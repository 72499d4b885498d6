#include "lexigrad/data/datasets/subset.h"

#include <cmath>

#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::data::detail {
namespace {
constexpr uint64_t kSplitStream = 4;  // of CounterRng
}  // namespace

std::vector<int64_t> split_places(int64_t size, const std::vector<double>& shares) {
  std::vector<int64_t> places{0};
  double sum = 0;
  for (double share : shares) {
    check(share > 0 && share <= 1, "random_split", "A share is ", share, " (valid are numbers > 0, <= 1)");
    sum += share;
    places.push_back(std::llround(sum * static_cast<double>(size)));
    check(places.back() > places[places.size() - 2], "random_split", "The share ", share, " of ", size,
          " samples is no sample. Hint: a larger share");
  }
  check(std::abs(sum - 1) < 1e-9, "random_split", "The shares add up to ", sum, " and not to 1");
  places.back() = size;
  return places;
}

Permutation split_order(int64_t size, int64_t seed) {
  return {size, seed < 0 ? default_generator().seed() : static_cast<uint64_t>(seed), kSplitStream, 0};
}

}  // namespace lexigrad::data::detail
