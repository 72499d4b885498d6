// Draws inside training (dropout masks, negative samples): pure functions of (seed, step,
// call, index), so a step can be run again bit for bit, and a run resumes without saving any
// random state for them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad {

/// The numbers of one draw, by index; any thread may take any of them.
class Draw {
 public:
  Draw(uint64_t seed, uint64_t step, uint64_t call) : rng_(seed, kFirstStream + call), step_(step) {}

  /// 64 random bits.
  uint64_t operator()(uint64_t index) const { return rng_(step_, index); }
  /// The values 4 number .. 4 number + 3 at the cost of one.
  CounterRng::Block block(uint64_t number) const { return rng_.block(step_, number); }
  /// Uniform in [0, 1).
  double uniform(uint64_t index) const { return rng_.uniform(step_, index); }
  /// Uniform in 0..bound-1; bound >= 1.
  uint64_t below(uint64_t bound, uint64_t index) const { return rng_.below(bound, step_, index); }

 private:
  static constexpr uint64_t kFirstStream = uint64_t{1} << 63;  ///< the loader's shuffles have the low ones
  CounterRng rng_;
  uint64_t step_;
};

namespace detail {
/// Elements that a block of a draw drops or keeps, by 32 bits each.
inline constexpr int64_t kDropsPerBlock = 8;
/// True with probability p: whether element `index`, in 0..kDropsPerBlock-1, of the block is dropped.
inline bool dropped(const CounterRng::Block& bits, int64_t index, double p) {
  uint64_t word = bits[static_cast<size_t>(index / 2)];
  return static_cast<double>(index % 2 ? word >> 32 : word & UINT32_MAX) < p * 0x1p32;
}
}  // namespace detail

/// The next draw of this thread: numbered from 0 since manual_seed, or since the DrawStep that
/// lives. The seed is the default generator's, from which nothing is drawn.
Draw next_draw();

namespace detail {
/// Step and number of this thread's next draw.
std::pair<uint64_t, uint64_t> draw_place();

/// While one lives, draws of this thread are those that followed `place`, a draw_place(), under `seed`.
class [[nodiscard]] DrawsAgain {
 public:
  DrawsAgain(uint64_t seed, std::pair<uint64_t, uint64_t> place);
  ~DrawsAgain();
  DrawsAgain(const DrawsAgain&) = delete;
  DrawsAgain& operator=(const DrawsAgain&) = delete;

 private:
  std::pair<uint64_t, uint64_t> place_;  ///< what was before
  uint64_t seeding_;
  std::optional<uint64_t> seed_;
};
}  // namespace detail

/// While one lives, draws of this thread belong to `step` and are numbered from 0: the
/// same step, the same draws. The Trainer has one around each step; by hand it makes a
/// forward pass repeatable.
class [[nodiscard]] DrawStep {
 public:
  explicit DrawStep(uint64_t step);
  ~DrawStep();
  DrawStep(const DrawStep&) = delete;
  DrawStep& operator=(const DrawStep&) = delete;

 private:
  uint64_t step_, calls_, seeding_;  ///< what was before
  std::optional<uint64_t> seed_;
};

}  // namespace lexigrad
