// PyTorch's CPU random streams: the same seed gives the same numbers, bit for bit for rand, randint, randperm
// and uniform_. One generator serves everything that is given none; draws are not safe from several threads
// at once.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lexigrad/autograd/base/mt19937.h"
#include "lexigrad/autograd/tensor/shape.h"

namespace lexigrad {

class Tensor;

class Generator {
 public:
  static constexpr uint64_t default_seed = 67280421310721;  ///< PyTorch's

  explicit Generator(uint64_t seed = default_seed);
  /// Starts again from `seed`. The stream depends on its low 32 bits only; -1 and the like wrap as in
  /// PyTorch.
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
  /// A standard normal number (Box and Muller 1958): they are made in pairs, the second is kept for the next
  /// call.
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

/// What rand, randn, randint, randperm and the layers' initialisation draw from. Without a manual_seed it
/// starts from Generator::default_seed: every run of a program gives the same numbers.
Generator& default_generator();
/// Seeds the default generator.
void manual_seed(uint64_t seed);
namespace detail {
/// How often manual_seed has been called: draws (draws.h) are numbered from 0 after each.
uint64_t seedings();
}  // namespace detail

/// Overwrites x (float32 or float64) with uniform values of [low, high); off the tape. A tensor that is not
/// contiguous is filled in the order of its memory, as in PyTorch. Throws as Tensor::fill_ does.
const Tensor& uniform_(const Tensor& x, double low = 0, double high = 1,
                       Generator& from = default_generator());
/// The same with normal values. Fewer than 16 elements, or not contiguous ones, take Generator::normal().
const Tensor& normal_(const Tensor& x, double mean = 0, double std = 1,
                      Generator& from = default_generator());

// rand and randn draw from the default generator (tensor.h); these take another.
Tensor randint(int64_t low, int64_t high, const Shape& shape, Generator& from);
Tensor randperm(int64_t n, Generator& from);

}  // namespace lexigrad
