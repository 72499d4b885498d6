// Parts that are computed again, held to the bits of the same computation without them.
#include "lexigrad/autograd/tape/recompute.h"

#include <array>
#include <cmath>
#include <functional>
#include <thread>

#include "catch.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

using List = std::vector<Tensor>;
using Function1 = std::function<Tensor(const Tensor&)>;

// f as it is, or computed again.
Function1 part(bool again, const Function1& f) {
  if (!again) return f;
  return [f](const Tensor& x) { return recomputed(f, x); };
}

// A table that three parts read twice each and a head once more, a matrix that all share, dropout and draws of the
// default generator: every order of adding up shows in the bits.
struct Program {
  Tensor table, matrix, bias, ids;
  explicit Program(Dtype dtype = float32) {
    manual_seed(7);
    table = randn({11, 6}, dtype).requires_grad_();
    matrix = (randn({6, 6}, dtype) * 0.5).requires_grad_();
    bias = randn({6}, dtype).requires_grad_();
    ids = randint(0, 11, {5, 4});
  }
  List leaves() const { return {table, matrix, bias}; }
  Tensor block(const Tensor& x) const {
    Tensor h = dropout(tanh(linear(x, matrix, bias)), 0.3) + embedding(table, ids);
    return x + matmul(h * bernoulli(full(h.shape(), 0.7, h.dtype())), matrix) * embedding(table, ids + 0);
  }
  Tensor loss(bool again, int64_t step = 3) const {
    DrawStep draws(step);
    Function1 f = part(again, [this](const Tensor& x) { return block(x); });
    Tensor x = embedding(table, ids);
    for (int i = 0; i < 3; ++i) x = f(x);
    return mean(square(linear(dropout(x, 0.1), table)));
  }
  List gradients(bool again) const {
    default_generator().manual_seed(5);
    for (const Tensor& leaf : leaves()) leaf.zero_grad();
    Tensor y = loss(again);
    y.backward();
    return {y.detach(), table.grad().clone(), matrix.grad().clone(), bias.grad().clone()};
  }
};

void check_same(const List& a, const List& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    INFO(i);
    CHECK(equal(a[i], b[i]));
  }
}

}  // namespace

TEST_CASE("a part that is computed again has the bits of one that is kept", "[recompute]") {
  for (Dtype dtype : {float32, float64}) {
    Program p(dtype);
    check_same(p.gradients(true), p.gradients(false));
  }
  Program p;
  List right = p.gradients(false);
  const int before = num_threads();
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    check_same(p.gradients(true), right);
  }
  set_num_threads(before);
}

TEST_CASE("draws of a part are those of its first run, and no others move", "[recompute]") {
  Program p;
  List right = p.gradients(false);
  std::string generator = default_generator().get_state();
  default_generator().manual_seed(5);
  for (const Tensor& leaf : p.leaves()) leaf.zero_grad();
  Tensor y = p.loss(true);
  CHECK(default_generator().get_state() == generator);
  manual_seed(99);  // between the two runs
  rand({3});
  generator = default_generator().get_state();
  DrawStep other(17);
  next_draw();
  y.backward();
  check_same({y, p.table.grad(), p.matrix.grad(), p.bias.grad()}, right);
  CHECK(default_generator().get_state() == generator);
  CHECK(detail::draw_place() == std::pair<uint64_t, uint64_t>{17, 1});
}

TEST_CASE("a table that only parts read has a gradient of rows", "[recompute]") {
  Tensor table = randn({1000, 4}).requires_grad_(), ids = tensor({3, 5, 3});
  Tensor y = recomputed([&](const Tensor& scale) { return sum(embedding(table, ids) * scale); }, ones({4}));
  y.backward();
  REQUIRE(table.row_grad());
  CHECK(equal(table.row_grad()->indices(), tensor({3, 5})));
  CHECK(equal(table.row_grad()->values(), tensor({{2, 2, 2, 2}, {1, 1, 1, 1}}, float32)));
}

TEST_CASE("several outputs, of which some are numbers or off the tape", "[recompute]") {
  Tensor x = randn({3, 4}).requires_grad_(), w = randn({4}).requires_grad_();
  auto f = [&](const Tensor& in, const Tensor& by) {
    Tensor h = tanh(in) * by;
    return List{h * w, argmax(h, 1), in.detach() * 2.0, sum(square(h)), in};
  };
  auto gradients = [&](bool again, int which) {
    x.zero_grad(), w.zero_grad();
    List y = again ? recomputed(f, x, w) : f(x, w);
    CHECK(y[0].requires_grad());
    CHECK(y[1].dtype() == int64);
    CHECK_FALSE(y[1].requires_grad());
    CHECK_FALSE(y[2].requires_grad());
    Tensor loss = sum(y[4] * 3.0);
    if (which != 1) loss = loss + sum(y[0] * y[0]);
    if (which > 0) loss = loss + y[3];
    loss.backward();
    return List{loss.detach(), x.grad(), w.has_grad() ? w.grad() : ones({1})};
  };
  for (int which : {0, 1, 2}) {
    List again = gradients(true, which), once = gradients(false, which);
    for (size_t i = 0; i < 3; ++i) CHECK(allclose(again[i], once[i], 1e-6, 1e-7));
  }
  auto [a, b] = recomputed([](const Tensor& in) { return std::array<Tensor, 2>{in * 2.0, in * 3.0}; }, x);
  CHECK(equal(a * 3.0, b * 2.0));
}

TEST_CASE("parts within parts have the same bits", "[recompute]") {
  Program p;
  List right = p.gradients(false);
  for (const Tensor& leaf : p.leaves()) leaf.zero_grad();
  default_generator().manual_seed(5);
  DrawStep draws(3);
  Function1 block = part(true, [&](const Tensor& x) { return p.block(x); });
  Tensor x = embedding(p.table, p.ids);
  x = recomputed(
      [&](const Tensor& in) {
        return recomputed([&](const Tensor& z) { return block(block(z)); }, block(in));
      },
      x);
  Tensor y = mean(square(linear(dropout(x, 0.1), p.table)));
  y.backward();
  check_same({y, p.table.grad(), p.matrix.grad(), p.bias.grad()}, right);
}

TEST_CASE("a part keeps its input alone", "[recompute]") {
  Tensor w = (randn({256, 256}) * 0.05).requires_grad_(), start = randn({64, 256});
  const int64_t each = 64 * 256 * 4;
  auto chain = [&](bool again) {
    reset_peak_memory();
    int64_t before = memory_stats().live_bytes;
    Tensor x = start;
    for (int i = 0; i < 10; ++i)
      x = part(again, [&](const Tensor& in) {
        Tensor h = in;
        for (int k = 0; k < 8; ++k) h = tanh(matmul(h, w));
        return h;
      })(x);
    int64_t kept = memory_stats().live_bytes - before;
    sum(x).backward();
    int64_t peak = memory_stats().peak_bytes - before;
    w.zero_grad();
    return std::pair{kept / each, peak / each};
  };
  auto [kept, peak] = chain(false);
  auto [kept_again, peak_again] = chain(true);
  INFO(kept << " and " << peak << ", again " << kept_again << " and " << peak_again);
  CHECK(kept >= 80);
  CHECK(kept_again <= 11);
  CHECK(peak >= 80);
  CHECK(peak_again <= 10 + 8 + 20);  // the gradients of w are four such
}

TEST_CASE("gradients of a part are finite differences', and have gradients", "[recompute]") {
  manual_seed(3);
  Tensor w = randn({3, 3}, float64).requires_grad_(), b = randn({3}, float64).requires_grad_();
  auto f = [&](const Tensor& x) { return dropout(sin(linear(x, w, b)), 0.4) * tanh(x); };
  Tensor x = randn({2, 3}, float64).requires_grad_();
  const std::function<Tensor()> through = [&] {
    DrawStep draws(2);
    return recomputed([&](const Tensor& in) { return recomputed(f, in * in); }, x);
  };
  CHECK(gradcheck(through, {{"x", x}, {"w", w}, {"b", b}}).ok);
  CHECK(gradgradcheck(through, {{"x", x}, {"w", w}, {"b", b}}).ok);
  auto second = [&](bool again) {
    DrawStep draws(2);
    List first = grad(sum(square(part(again, f)(x))), {x, w, b}, {.create_graph = true});
    return grad(sum(square(first[0])) + sum(first[1] * first[1]), {x, w, b});
  };
  List again = second(true), once = second(false);
  for (size_t i = 0; i < 3; ++i) CHECK(allclose(again[i], once[i], 1e-13, 1e-14));
  CHECK_FALSE(w.has_grad());
}

TEST_CASE("walks that choose, and that come twice", "[recompute]") {
  Program p;
  auto chosen = [&](bool again) {
    default_generator().manual_seed(5);
    return grad(p.loss(again), {p.matrix});
  };
  check_same(chosen(true), chosen(false));
  CHECK_FALSE(p.table.has_grad());
  CHECK_FALSE(p.matrix.has_grad());
  default_generator().manual_seed(5);
  Tensor y = p.loss(true);
  y.backward({.retain_graph = true});
  Tensor once = p.matrix.grad().clone();
  y.backward();
  CHECK(allclose(p.matrix.grad(), once * 2.0, 1e-6, 0));
  CHECK_THAT(message_of([&] { y.backward(); }), Contains("A second backward"));
}

TEST_CASE("a part off the tape is f, and one whose parameters alone want gradients is on it", "[recompute]") {
  Tensor w = ones({2}).requires_grad_(), x = tensor({1.0, 2.0}, float32);
  auto f = [&](const Tensor& in) { return in * w; };
  CHECK(recomputed(f, x).requires_grad());
  {
    NoGrad off;
    CHECK_FALSE(recomputed(f, x).requires_grad());
  }
  CHECK_FALSE(recomputed([](const Tensor& in) { return in * 2.0; }, x).requires_grad());
  sum(recomputed(f, x)).backward();
  CHECK(equal(w.grad(), x));
  Tensor same = recomputed([](const Tensor& in) { return in; }, w);
  sum(same * 3.0).backward();
  CHECK(equal(w.grad(), tensor({4.0, 5.0}, float32)));
  Tensor h = w * 2.0;  // captured, with a past of its own
  w.zero_grad();
  sum(recomputed([&](const Tensor& in) { return in * h * h; }, x) + h).backward();
  CHECK(equal(w.grad(), tensor({10.0, 18.0}, float32)));
}

TEST_CASE("hooks of what goes in and out are called once, with the same gradients", "[recompute]") {
  auto heard = [](bool again) {
    Program p;
    List out;
    default_generator().manual_seed(5);
    DrawStep draws(1);
    Tensor x = embedding(p.table, p.ids);
    Tensor y = part(again, [&](const Tensor& in) { return p.block(in); })(x);
    auto keep = [&out](const Tensor& g) { return out.push_back(g.clone()), g * 1.0; };
    for (const Tensor& each : {x, y, p.matrix}) each.register_hook(keep);
    sum(y * y).backward();
    return out;
  };
  List right = heard(false);
  CHECK(right.size() == 3);
  check_same(heard(true), right);
}

TEST_CASE("what does not do the same twice is refused, and nothing stays behind", "[recompute]") {
  Tensor x = ones({3}).requires_grad_(), w = ones({3}).requires_grad_();
  Tensor captured = x * 1.0;
  int run = 0;
  auto second = [&](
                    const std::function<Tensor(const Tensor&)>& f,
                    const std::function<void()>& between = [] {}) {
    run = 0;
    Tensor y = recomputed([&, f](const Tensor& in) { return ++run, f(in); }, x);
    between();
    auto place = detail::draw_place();
    std::string message = message_of([&] { sum(y).backward(); });
    CHECK(detail::draw_place() == place);
    CHECK_FALSE(detail::computing_again());
    return message;
  };
  CHECK_THAT(
      second([&](const Tensor& in) { return run == 1 ? dropout(in, 0.5) : in * 2.0; }),
      Contains(
          "[recomputed] Computed again, f drew 0 times, the first time 1. Hint: f must do the same twice"));
  CHECK_THAT(second([&](const Tensor& in) { return run == 1 ? in * 2.0 : sum(in); }),
             Contains("Computed again, output 0 is float32 [], it was float32 [3]"));
  CHECK_THAT(second([&](const Tensor& in) { return run == 1 ? in * 2.0 : in.detach(); }),
             Contains("output 0 is float32 [3] off the tape, it was float32 [3]"));
  CHECK_THAT(second([&](const Tensor& in) { return run == 1 ? in * 2.0 : in * captured; }),
             Contains("read a tensor float32 [3] that it did not read the first time"));
  CHECK_THAT(
      second([&](const Tensor& in) { return in * w; }, [&] { w.detach().mul_(2); }),
      Contains("[recomputed] A tensor float32 [3] that recomputed keeps for backward was changed in place"));
  CHECK_THAT(second([&](const Tensor& in) {
               if (run == 2) throw std::runtime_error("in f");
               return in * 2.0;
             }),
             Contains("in f"));
  CHECK_THAT(
      message_of([&] { recomputed([](const Tensor& in) { return in.mul_(2.0) + 1.0; }, captured); }),
      Contains(
          "[recomputed] f changed a tensor float32 [3] from outside in place by mul_. Hint: change a clone()"));
  x.zero_grad();
  sum(recomputed([](const Tensor& in) { return in * 2.0; }, x)).backward();
  CHECK(equal(x.grad(), full({3}, 2)));
}

TEST_CASE("an exception inside the second run leaves no memory", "[recompute]") {
  Tensor x = ones({1000}).requires_grad_();
  auto once = [&] {
    int run = 0;
    Tensor y = recomputed(
        [&](const Tensor& in) {
          Tensor h = tanh(in * 2.0);
          if (++run == 2) throw std::runtime_error("in f");
          return h * h;
        },
        x * 1.0);
    message_of([&] { sum(square(y)).backward({.create_graph = true}); });
  };
  once();
  int64_t before = memory_stats().live_bytes;
  for (int i = 0; i < 5; ++i) once();
  CHECK(memory_stats().live_bytes == before);
  // A rule behind the part's own throws, while gradients are on the way through what was made again.
  auto thrown_behind = [&] {
    Tensor y = recomputed(
        [&](const Tensor& in) {
          Tensor h = tanh(in * 2.0), k = exp(h);
          if (detail::computing_again())
            k.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("in a hook"); });
          return k + square(h);  // whose gradient of h, which leads to h, waits for that of k
        },
        x * 1.0);
    CHECK(message_of([&] { sum(square(y)).backward({.create_graph = true}); }) == "in a hook");
  };
  thrown_behind();
  before = memory_stats().live_bytes;
  for (int i = 0; i < 5; ++i) thrown_behind();
  CHECK(memory_stats().live_bytes == before);
}

TEST_CASE("threads with parts of their own over shared leaves", "[recompute]") {
  Tensor w = randn({8, 8}).requires_grad_();
  auto gradient = [&](int t) {
    DrawStep draws(static_cast<uint64_t>(t));
    Function1 f = part(true, [&](const Tensor& x) { return dropout(tanh(matmul(x, w)), 0.2); });
    return grad(sum(f(f(full({4, 8}, 0.1 + t)))), {w})[0];
  };
  List right;
  for (int t = 0; t < 4; ++t) right.push_back(gradient(t));
  std::vector<std::thread> threads;
  std::array<int, 4> wrong{};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < 30; ++k)
        wrong[static_cast<size_t>(t)] += !equal(gradient(t), right[static_cast<size_t>(t)]);
    });
  for (std::thread& t : threads) t.join();
  CHECK(wrong == std::array<int, 4>{});
}

TEST_CASE("CheckNumerics names the op inside a part, forward and backward", "[recompute]") {
  Tensor x = tensor({0.0, 1.0}, float32).requires_grad_();
  CheckNumerics check;
  CHECK_THAT(message_of([&] { recomputed([](const Tensor& in) { return log(in) * 2.0; }, x); }),
             Contains("log made -inf at index [0]"));
  Tensor y = recomputed([](const Tensor& in) { return sqrt(in) * 2.0; }, x);
  CHECK_THAT(message_of([&] { sum(y).backward(); }), Contains("sqrt") && Contains("inf at index [0]"));
}

TEST_CASE("running means take a batch once", "[recompute]") {
  nn::BatchNorm1d again(4), once(4);
  Tensor x = randn({8, 4}).requires_grad_();
  sum(square(recomputed([&](const Tensor& in) { return again(in); }, x))).backward();
  Tensor g = x.grad().clone();
  x.zero_grad();
  sum(square(once(x))).backward();
  CHECK(equal(g, x.grad()));
  CHECK(equal(again.running_mean(), once.running_mean()));
}

TEST_CASE("the tape shows a part as one op of its sources", "[recompute]") {
  Tensor w = ones({2}).requires_grad_(), x = ones({2}).requires_grad_();
  Tensor y = sum(recomputed([&](const Tensor& in) { return tanh(in * w) + w; }, x));
  std::vector<std::string> names;
  for (const TapeNode& node : tape_of(y)) names.push_back(node.name());
  CHECK(names == std::vector<std::string>{"AccumulateGrad", "AccumulateGrad", "recomputed", "sum"});
}
