#include "lexigrad/autograd/tensor/generator.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <numbers>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"

namespace lexigrad {
namespace {

// PyTorch's layout. `left` counts the words before the next renewal, that one's first included.
struct State {
  uint64_t seed;
  int32_t left, seeded;
  uint64_t next, words[Mt19937::size];
  double unused_x, normal, unused_rho;
  int32_t has_normal, unused[3];
};
static_assert(sizeof(State) == 5056);

}  // namespace

Generator::Generator(uint64_t seed) : seed_(seed), engine_(static_cast<uint32_t>(seed)) {}

void Generator::manual_seed(uint64_t seed) { *this = Generator(seed); }

double Generator::normal() {
  if (kept_normal_) {
    double kept = *kept_normal_;
    kept_normal_.reset();
    return kept;
  }
  auto uniform = [&] { return static_cast<double>(random64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53; };
  double u1 = uniform(), u2 = uniform();
  double r = std::sqrt(-2 * std::log1p(-u2)), t = 2 * std::numbers::pi * u1;
  kept_normal_ = r * std::sin(t);
  return r * std::cos(t);
}

std::string Generator::get_state() const {
  State state{};
  state.seed = seed_;
  state.left = engine_.fresh() ? 1 : Mt19937::size + 1 - engine_.next();
  state.seeded = 1;
  state.next = static_cast<uint64_t>(engine_.next());
  std::copy(engine_.words().begin(), engine_.words().end(), state.words);
  state.normal = kept_normal_.value_or(0);
  state.has_normal = kept_normal_.has_value();
  return std::string(reinterpret_cast<const char*>(&state), sizeof state);
}

void Generator::set_state(std::string_view bytes) {
  State state;
  check(bytes.size() == sizeof state, "generator", "A saved state has ", sizeof state, " bytes, got ",
        bytes.size());
  std::memcpy(&state, bytes.data(), sizeof state);
  bool fresh = state.left == 1 && state.next == 0;
  bool valid = state.seeded == 1 && state.next <= Mt19937::size &&
               (fresh || static_cast<uint64_t>(state.left) == Mt19937::size + 1 - state.next);
  for (uint64_t word : state.words) valid = valid && word <= UINT32_MAX;
  check(valid, "generator",
        "The bytes are not a generator's saved state. Hint: they must come from get_state(), or "
        "torch.get_rng_state()");
  uint32_t words[Mt19937::size];
  std::transform(std::begin(state.words), std::end(state.words), words,
                 [](uint64_t w) { return static_cast<uint32_t>(w); });
  seed_ = state.seed;
  engine_ = Mt19937(words, static_cast<int>(state.next), fresh);
  kept_normal_ = state.has_normal ? std::optional<double>(state.normal) : std::nullopt;
}

Generator& default_generator() {
  return detail::made_once([] { return Generator(); });
}

static std::atomic<uint64_t> seeding_count{0};
uint64_t detail::seedings() { return seeding_count.load(std::memory_order_relaxed); }

void manual_seed(uint64_t seed) {
  default_generator().manual_seed(seed);
  seeding_count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace lexigrad
