// Which elements a draw drops, for dropout on tensors and within attention.
#pragma once
#include <cstddef>
#include <cstdint>

#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad::detail {

/// Elements that a block of a draw decides, with 32 bits each.
inline constexpr int64_t kDropsPerBlock = 8;

/// True with probability p: whether element `index`, in 0..drops_per_block-1, of the block is dropped.
inline bool dropped(const CounterRng::Block& bits, int64_t index, double p) {
  uint64_t word = bits[static_cast<size_t>(index / 2)];
  return static_cast<double>(index % 2 ? word >> 32 : word & UINT32_MAX) < p * 0x1p32;
}

}  // namespace lexigrad::detail
