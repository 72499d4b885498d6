// The generator behind PyTorch's CPU random streams (random.h). One serves everything that is
// given none; draws are not safe from several threads at once.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lexigrad/autograd/base/mt19937.h"

namespace lexigrad {

class Generator {
 public:
  static constexpr uint64_t default_seed = 67280421310721;  ///< PyTorch's

  explicit Generator(uint64_t seed = default_seed);
  /// Starts again from `seed`. The stream depends on its low 32 bits only; -1 and the like
  /// wrap as in PyTorch.
  void manual_seed(uint64_t seed);
  uint64_t seed() const { return seed_; }

  /// 32 random bits.
  uint32_t random() { return engine_(); }
  /// 64 random bits, the first word being the high half.
  uint64_t random64() {
    uint64_t high = engine_();
    return high << 32 | engine_();
  }
  /// `count` words as random() gives them.
  void fill(uint32_t* out, int64_t count) { engine_.fill(out, count); }
  /// A standard normal number (Box and Muller 1958): they are made in pairs, the second is kept
  /// for the next call.
  double normal();

  /// The whole state, for checkpoints: the 5056 bytes of torch.get_rng_state(), little-endian.
  std::string get_state() const;
  /// Goes on from a saved state. Throws where `state` is not one.
  void set_state(std::string_view state);

 private:
  uint64_t seed_;
  Mt19937 engine_;
  std::optional<double> kept_normal_;
};

/// What rand, randn, randint, randperm and the layers' initialisation draw from.
/// Without a manual_seed it starts from Generator::default_seed: every run of a program
/// gives the same numbers.
Generator& default_generator();
/// Seeds the default generator.
void manual_seed(uint64_t seed);
namespace detail {
/// How often manual_seed has been called: draws (draws.h) are numbered from 0 after each.
uint64_t seedings();
}  // namespace detail

}  // namespace lexigrad
