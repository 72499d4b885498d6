// Gradient bugs that people plant by accident: gradcheck sees each, for every seed and size.
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "catch.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/function.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

using List = std::vector<Tensor>;
using Rule = std::function<Tensor(const Tensor& dy, const Tensor& x)>;

constexpr int kSeeds = LEXIGRAD_ADDRESS_SANITIZER ? 20 : 200;  // there a seed takes half a second

// x^2 under a rule of one's own; the right one is dy * x * 2.
Tensor squared(const Tensor& x, Rule rule) {
  return record("squared", square(x.detach()), {x},
                [x = Saved(x), rule](const Tensor& dy, Grads& dx) { dx[0] += rule(dy, x); });
}
Tensor right_rule(const Tensor& dy, const Tensor& x) { return dy * x * 2.0; }

// A function made anew for each check: bugs may have a state.
struct Bug {
  const char* name;
  std::function<std::function<Tensor(const List&)>(int64_t n, int seed)> make;
  int64_t smallest = 1;  // entries from which on it is a bug
  bool second_order = false;
};

// A bug of the rule alone, which may have a state.
Bug of_rule(const char* name, std::function<Rule(int64_t n, int seed)> make, int64_t smallest = 1) {
  auto function = [make](int64_t n, int seed) {
    auto rule = std::make_shared<Rule>(make(n, seed));
    auto call = [rule](const Tensor& dy, const Tensor& x) { return (*rule)(dy, x); };
    return [call](const List& in) { return squared(in[0], call); };
  };
  return {name, function, smallest};
}
// A bug without a state.
Bug of_function(const char* name, std::function<Tensor(const Tensor& x)> f, int64_t smallest = 1,
                bool second_order = false) {
  return {name, [f](int64_t, int) { return [f](const List& in) { return f(in[0]); }; }, smallest,
          second_order};
}

// Rows of a table (n, 1) that are looked up, the first one twice; `rule` changes the right gradient.
Tensor looked_up(const Tensor& x, bool add, int64_t shift) {
  int64_t n = x.size(0);
  std::vector<int64_t> ids{0};
  for (int64_t i = 0; i < n; ++i) ids.push_back(i);
  return record("looked_up", index_select(x.detach(), 0, tensor(ids)), {x}, [=](const Tensor& dy, Grads& dx) {
    Tensor g = zeros({n}, float64), d = dy.contiguous();
    for (size_t i = 0; i < ids.size(); ++i) {
      double& to = g.data<double>()[(ids[i] + shift) % n];
      to = (add ? to : 0) + d.data<double>()[i];
    }
    dx[0] += g;
  });
}

// Three rows of x, weighed.
Tensor broadcast(const Tensor& x, const std::function<Tensor(const Tensor& weighed)>& reduce) {
  Tensor weights = reshape(arange(1, 1 + 3 * static_cast<double>(x.numel()), 1, float64), {3, x.numel()});
  return record("broadcast", x.detach() * weights, {x},
                [=](const Tensor& dy, Grads& dx) { dx[0] += reduce(dy * weights); });
}

struct SecondWrong : Function<SecondWrong> {  // x^3, whose gradient is right and a constant to the second
  static Tensor forward(Context& c, const Tensor& x) { return c.save(x), x * x * x; }
  static Tensor backward(Context& c, const Tensor& dy) { return dy * 3.0 * square(c.saved(0).detach()); }
};
struct Fast : Function<Fast> {
  static Tensor forward(Context&, const Tensor& x) { return sin(x * 1e6); }
  static Tensor backward(Context&, const Tensor& dy) { return dy * 0.0; }
};

Tensor last_input;  // what the last forward left
struct Left : Function<Left> {
  static Tensor forward(Context&, const Tensor& x) { return square(last_input = x); }
  static Tensor backward(Context&, const Tensor& dy) { return dy * last_input.detach() * 2.0; }
};

Tensor by_hand(const Tensor& x, const std::function<double(double)>& f) {
  std::vector<double> values = x.to_vector<double>();
  for (double& v : values) v = f(v);
  return from_values<double>(values, x.shape());
}

Tensor floor_of(const Tensor& x) {
  return by_hand(x, [](double v) { return std::floor(v); });
}

// The dice of other libraries: 0 with probability p, else 1.
std::function<double()> dice(double p, int seed) {
  return [p, random = std::mt19937(static_cast<uint32_t>(seed))]() mutable {
    return std::bernoulli_distribution(p)(random) ? 0.0 : 1.0;
  };
}

std::vector<Bug> wrong_gradients() {
  return {
      of_rule("wrong sign in one element",
              [](int64_t n, int seed) -> Rule {
                return [=](const Tensor& dy, const Tensor& x) {
                  Tensor g = right_rule(dy, x).clone();
                  g.data<double>()[seed % n] *= -1;
                  return g;
                };
              }),
      of_rule("missing factor",
              [](int64_t, int) -> Rule { return [](const Tensor& dy, const Tensor& x) { return dy * x; }; }),
      of_function("broadcast: the first row only",
                  [](const Tensor& x) { return broadcast(x, [](const Tensor& g) { return g[0]; }); }),
      of_function(
          "broadcast: the wrong axis",
          [](const Tensor& x) {
            return broadcast(x, [n = x.numel()](const Tensor& g) { return sum(reshape(g, {n, 3}), {1}); });
          },
          2),
      of_function(
          "scatter: the wrong index", [](const Tensor& x) { return looked_up(x, true, 1); }, 2),
      of_function("scatter: repeated ids overwrite", [](const Tensor& x) { return looked_up(x, false, 0); }),
      of_function("a detach too many", [](const Tensor& x) { return x * x.detach(); }),
      of_function("all detached", [](const Tensor& x) { return square(x.detach()) + x * 0.0; }),
      of_function("zeros under an oscillation", [](const Tensor& x) { return Fast::apply(x); }),
      of_function(
          "a second derivative", [](const Tensor& x) { return SecondWrong::apply(x); }, 1, true),
      of_rule(
          "the gradient of another shape: summed",
          [](int64_t, int) -> Rule {
            return [](const Tensor& dy, const Tensor& x) { return sum(dy * x * 2.0); };
          },
          2),
      of_rule("the gradient of another shape: one more dimension",
              [](int64_t, int) -> Rule {
                return [](const Tensor& dy, const Tensor& x) { return stack({dy * x, dy * x * 2.0}, 0); };
              }),
      of_rule(
          "right for contiguous cotangents only",
          [](int64_t n, int) -> Rule {
            return [n](const Tensor& dy, const Tensor& x) {
              Tensor g = x.detach().clone() * 2.0;
              for (int64_t i = 0; i < n; ++i) g.data<double>()[i] *= dy.data<double>()[i];
              return g;
            };
          },
          2),
      of_rule(
          "right for contiguous inputs only",
          [](int64_t n, int) -> Rule {
            return [n](const Tensor& dy, const Tensor& x) {
              Tensor g = dy.clone() * 2.0;
              for (int64_t i = 0; i < n; ++i) g.data<double>()[i] *= x.data<double>()[i];
              return g;
            };
          },
          2),
  };
}

std::vector<Bug> narrow_functions() {
  auto in_float32 = [](const Tensor& x) { return square(x.to(float32)).to(float64); };
  return {
      of_function("float32 inside", in_float32),
      of_function("float32 inside, off the tape",
                  [=](const Tensor& x) {
                    return record("squared", in_float32(x.detach()), {x},
                                  [x](const Tensor& dy, Grads& dx) { dx[0] += dy * x * 2.0; });
                  }),
      of_rule("float32 inside the rule",
              [](int64_t, int) -> Rule {
                return [](const Tensor& dy, const Tensor& x) {
                  return (dy.to(float32) * x.to(float32) * 2.0).to(float64);
                };
              }),
      of_function("float32 read number by number",
                  [](const Tensor& x) {
                    Tensor y = by_hand(x, [](double v) { return static_cast<float>(v * v); });
                    return record("squared", y, {x},
                                  [x](const Tensor& dy, Grads& dx) { dx[0] += dy * x * 2.0; });
                  }),
      of_rule("a rule read number by number in float32",
              [](int64_t, int) -> Rule {
                return [](const Tensor& dy, const Tensor& x) {
                  return by_hand(dy * x * 2.0, [](double v) { return static_cast<float>(v); });
                };
              }),
      of_function("an integer result", [](const Tensor& x) { return (x * 3.0).to(int64); }),
  };
}

std::vector<Bug> unsteady_functions() {
  auto times = [](double p) {
    return [p](int64_t, int seed) -> Rule {
      return [keep = dice(p, seed)](const Tensor& dy, const Tensor& x) mutable {
        return dy * by_hand(x, [&](double v) { return 2 * v * keep(); });
      };
    };
  };
  return {
      of_function("dropout in forward", [](const Tensor& x) { return dropout(square(x), 0.1); }),
      of_function("rand in forward", [](const Tensor& x) { return x * (1.0 + rand({1}, float64)); }),
      of_function("a draw that hardly counts",
                  [](const Tensor& x) { return x * (1.0 + floor_of(rand({1}, float64) + 0.001)); }),
      of_rule("dropout in backward",
              [](int64_t, int) -> Rule {
                return [](const Tensor& dy, const Tensor& x) { return dropout(dy * x * 2.0, 0.1); };
              }),
      of_rule("rand in backward",
              [](int64_t, int) -> Rule {
                return [](const Tensor& dy, const Tensor& x) {
                  return dy * x * 2.0 * floor_of(rand(x.shape(), float64) + 0.99);
                };
              }),
      of_rule("other dice in backward, even", times(0.5)),
      of_rule("other dice in backward, seldom", times(0.1)),
      {"other dice in forward",
       [](int64_t, int seed) {
         return [keep = dice(0.1, seed)](const List& in) mutable {
           return in[0] * by_hand(in[0], [&](double) { return keep(); });
         };
       }},
      {"a counter in forward",
       [](int64_t, int) {
         return [calls = 0](const List& in) mutable { return in[0] * (1.0 + 1e-9 * ++calls); };
       }},
      of_rule("a counter in backward",
              [](int64_t, int) -> Rule {
                return [calls = 0](const Tensor& dy, const Tensor& x) mutable {
                  return dy * x * (2.0 + 1e-9 * ++calls);
                };
              }),
      of_function("backward reads what forward left", [](const Tensor& x) { return Left::apply(x); }),
      of_function("backward reads what forward left, detached",
                  [](const Tensor& x) {
                    last_input = x.detach();
                    return squared(x, [](const Tensor& dy, const Tensor&) { return dy * last_input * 2.0; });
                  }),
      of_function("backward reads a number that forward left",
                  [](const Tensor& x) {
                    static double total = 0;
                    total = sum(x.detach()).item<double>();
                    return record("times_sum", x.detach() * total, {x},
                                  [n = x.shape()](const Tensor& dy, Grads& dx) {
                                    dx[0] += dy * total + zeros(n, float64);
                                  });
                  }),
  };
}

bool is_caught(const Bug& bug, int64_t n, int seed) {
  manual_seed(static_cast<uint64_t>(seed));
  Tensor x = randn({n}, float64);
  GradcheckOptions options{.seed = static_cast<uint64_t>(seed)};
  try {
    auto f = bug.make(n, seed);
    return bug.second_order ? !gradgradcheck(f, {x}, options) : !gradcheck(f, {x}, options);
  } catch (const std::exception&) { return true; }
}

void check_all(const std::vector<Bug>& bugs) {
  for (const Bug& bug : bugs)
    for (int64_t n : {1, 2, 12}) {
      if (n < bug.smallest) continue;
      int missed = 0;
      for (int seed = 0; seed < kSeeds; ++seed) missed += !is_caught(bug, n, seed);
      INFO(bug.name << ", " << n << " entries");
      CHECK(missed == 0);
    }
}

}  // namespace

TEST_CASE("gradcheck sees every planted bug of a rule, whatever the seed", "[planted]") {
  check_all(wrong_gradients());
}

TEST_CASE("gradcheck sees whatever leaves float64, whatever the seed", "[planted]") {
  check_all(narrow_functions());
}

TEST_CASE("gradcheck sees every function that changes from call to call, whatever the seed", "[planted]") {
  check_all(unsteady_functions());
  last_input = Tensor();
}

TEST_CASE("right functions stay right, whatever the seed", "[planted]") {
  auto held_still = [](const List& in) {
    DrawStep step(3);
    return dropout(square(in[0]), 0.3) + in[0];
  };
  auto seeded = [](const List& in) {
    manual_seed(5);
    return in[0] * randn(in[0].shape(), float64);
  };
  auto by_rule = [](const List& in) { return squared(in[0], right_rule); };
  auto looks_up = [](const List& in) { return looked_up(in[0], true, 0); };
  for (const std::function<Tensor(const List&)>& f :
       std::vector<std::function<Tensor(const List&)>>{held_still, seeded, by_rule, looks_up})
    for (int64_t n : {1, 2, 12})
      for (int seed = 0; seed < kSeeds; ++seed) {
        manual_seed(static_cast<uint64_t>(seed));
        GradcheckResult result = gradcheck(f, {randn({n}, float64)});
        INFO(result << ", seed " << seed);
        CHECK(result);
        CHECK(result.checked == n);
      }
}
