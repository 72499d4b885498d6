#include "lexigrad/train/optim/rounding.h"

#include <algorithm>
#include <array>

namespace lexigrad::optim {
namespace {

constexpr int64_t kLanes = 16;  // elements that a block of random bits serves

std::array<uint16_t, kLanes> lanes_of(const CounterRng::Block& bits) {
  std::array<uint16_t, kLanes> out;
  for (size_t lane = 0; lane < kLanes; ++lane)
    out[lane] = static_cast<uint16_t>(bits[lane / 4] >> lane % 4 * 16);
  return out;
}

}  // namespace

void Rounding::operator()(const float* from, BFloat16* to, int64_t n, int64_t first) const {
  for (int64_t i = 0, end; i < n; i = end) {
    int64_t block = (first + i) / kLanes, start = block * kLanes - first;  // of the block, beside `from`
    end = std::min(n, start + kLanes);
    const auto random = lanes_of(rng_.block(step_, static_cast<uint64_t>(block)));
    for (int64_t k = i; k < end; ++k)
      to[k] = BFloat16::rounded_at_random(from[k], random[static_cast<size_t>(k - start)]);
  }
}

}  // namespace lexigrad::optim
