// What gradcheck does not call ok, and what it says then.
#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using List = std::vector<Tensor>;
using Computation = std::function<Tensor(const List&)>;

std::string text_of(const GradcheckResult& result) {
  std::ostringstream out;
  out << result;
  return out.str();
}

}  // namespace

TEST_CASE("gradcheck is not ok where no entry is compared, and says why", "[refuses]") {
  Tensor ids = tensor({0, 1}), none = zeros({0, 3}, float64), two = zeros({2}, float64);
  struct Case {
    Computation f;
    List inputs;
    std::string why;
  };
  const std::vector<Case> cases = {
      {[](const List& in) { return in[0] * 2.0; }, {none}, "the result has no entries"},
      {[](const List& in) { return sum(in[0]); }, {none}, "no floating input has entries"},
      {[](const List&) { return ones({2}, float64); }, {}, "no floating input has entries"},
      {[](const List& in) { return in[0].to(float64); }, {ids}, "no floating input has entries"},
      {[](const List& in) { return narrow(in[0], 0, 1, 0); }, {two}, "the result has no entries"},
      {[](const List& in) { return relu(in[0]); }, {two}, "all entries are left out"},
  };
  for (const Case& c : cases) {
    GradcheckResult result = gradcheck(c.f, c.inputs);
    INFO(result);
    CHECK_FALSE(result);
    CHECK(result.checked == 0);
    CHECK(result.why == "nothing was compared: " + c.why);
    CHECK_THAT(result.report(), Contains(result.why));
  }
  CHECK_FALSE(gradgradcheck([](const List& in) { return in[0] * 2.0; }, {none}));
  CHECK_FALSE(gradgradcheck([](const List& in) { return in[0].detach() * 2.0; }, {two}));
  CHECK_FALSE(GradcheckResult());
}

TEST_CASE("what gradcheck leaves out is counted, where it fails too", "[refuses]") {
  Tensor x = tensor({0.0, 1.0, -0.5, 0.0, 2.0, 3.0}, float64);
  auto right = [](const List& in) { return relu(in[0]); };
  auto wrong = [](const List& in) { return relu(in[0]) + in[0] * in[0].detach(); };
  CHECK(gradcheck(right, {x}).left_out_count == 2);
  CHECK_THAT(text_of(gradcheck(right, {x})),
             StartsWith("relu: ok, 4 entries, worst ") &&
                 Contains(", left out 2 of 6: kink at input 0, index [0], kink at input 0, index [3]"));
  GradcheckResult failing = gradcheck(wrong, {x});
  CHECK_FALSE(failing);
  CHECK_THAT(failing.report(), Contains(", left out 2 of 6: kink at input 0, index [0], kink"));
  std::string many = text_of(gradcheck(right, {zeros({1000}, float64)}));
  CHECK_THAT(many, Contains(", left out 1000 of 1000: kink at input 0, index [0]"));
  CHECK(many.size() < 400);
  auto gradient = [](const List& in) { return relu(in[0]); };
  CHECK(gradgradcheck(gradient, {x}).left_out_count == 2);
  auto both = [](const List& in) { return List{relu(in[0]), in[0] * 2.0}; };
  CHECK(gradcheck(both, {x}).left_out_count == 2 + 2);
}

TEST_CASE("a kink is one at smaller steps, too, or lies beside x", "[refuses]") {
  auto flat = [](double frequency) {  // a gradient of zeros under sin(frequency x)
    return [=](const List& in) {
      return record("flat", sin(in[0].detach() * frequency), {in[0]},
                    [](const Tensor& dy, Grads& dx) { dx[0] += dy * 0.0; });
    };
  };
  for (double frequency : {1e2, 1e4, 1e5, 3e5, 1e6, 1e7, 1e8, 1e9, 1e12})
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      manual_seed(seed);
      INFO(frequency << ", seed " << seed);
      CHECK_FALSE(gradcheck(flat(frequency), {randn({3}, float64)}, {.seed = seed}));
    }
  auto partly = [](const List& in) {  // the other entries are right
    return record("partly",
                  in[0].detach() * 2.0 + sin(in[0].detach() * 1e6) * tensor({1.0, 0.0, 0.0}, float64),
                  {in[0]}, [](const Tensor& dy, Grads& dx) { dx[0] += dy * 2.0; });
  };
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    manual_seed(seed);
    INFO("seed " << seed);
    CHECK_FALSE(gradcheck(partly, {randn({3}, float64)}, {.seed = seed}));
  }
  for (double beside : {3e-9, 3e-8, 3e-7, 1e-6, 5e-6, -3e-8, -3e-7, -5e-6}) {
    GradcheckResult result = gradcheck(relu, tensor({beside, 1.0}, float64));
    INFO(result);
    CHECK(result);
    CHECK(result.left_out_count == 1);
  }
}

TEST_CASE("gradcheck names where the function itself is not finite", "[refuses]") {
  Tensor x = tensor({1.0, -1.0, 2.0}, float64);
  CHECK_THAT(text_of(gradcheck(log, x)),
             StartsWith("log: the function is nan at index [1]; input 0, index ["));
  CHECK(gradcheck(log, x).why == "the function is nan at index [1]");
  CHECK(gradcheck([](const List& in) { return exp(in[0] * 1e4); }, {x}).why ==
        "the function is inf at index [0]");
  auto several = [](const List& in) { return List{in[0] * 1.0, log(in[0])}; };
  CHECK(gradcheck(several, {x}).why == "the function is nan at output 1, index [1]");
  CHECK(gradcheck(sqrt, tensor({1.0, 1e-6}, float64)).why ==
        "the function is nan at index [1] where input 0, index [1] is -9e-06");
  CHECK_FALSE(gradcheck(log, x));
  CHECK_FALSE(gradgradcheck([](const List& in) { return log(in[0]); }, {x}));
}

TEST_CASE("gradcheck names the op that leaves float64", "[refuses]") {
  Tensor x = tensor({0.3, 0.7}, float64);
  const std::string need = "; differences need float64. Hint: leave out to(float32), module.to(float64)";
  auto on_tape = [](const List& in) { return square(in[0].to(float32)).to(float64); };
  auto off_tape = [&](const List& in) { return in[0] * on_tape({in[0].detach()}); };
  auto in_rule = [](const List& in) {
    return record("squared", square(in[0].detach()), {in[0]}, [x = in[0]](const Tensor& dy, Grads& dx) {
      dx[0] += (dy * x.detach() * 2.0).to(float32).to(float64);
    });
  };
  for (const Computation& f : std::vector<Computation>{on_tape, off_tape}) {
    CHECK(gradcheck(f, {x}).why == "to computes in float32" + need);
    CHECK_FALSE(gradcheck(f, {x}));
    CHECK_FALSE(gradgradcheck(f, {x}));
  }
  CHECK(gradcheck(in_rule, {x}).why == "in the gradient, to computes in float32" + need);
  auto stored = [](const List& in) { return in[0] * in[0].detach().to(bfloat16).to(float64); };
  CHECK(gradcheck(stored, {x}).why == "to computes in bfloat16" + need);
  auto single_result = [](const List& in) { return (in[0] * 2.0).to(float32); };
  CHECK(gradcheck(single_result, {x}).why == "to computes in float32" + need);
  Tensor constant = tensor({2.0, 3.0});
  CHECK(gradcheck([&](const List& in) { return in[0] * constant; }, {x}));  // computes in float64
}

TEST_CASE("gradcheck refuses what is not floating, and leaves it out beside what is", "[refuses]") {
  Tensor x = tensor({0.3, 1.7, 0.9}, float64);
  auto whole = [](const List& in) { return (in[0] * 3.0).to(int64); };
  auto order = [](const List& in) { return gt(in[0], 1.0); };
  for (bool twice : {false, true}) {
    auto message = [&](const Computation& f) {
      return message_of([&] { twice ? gradgradcheck(f, {x}) : gradcheck(f, {x}); });
    };
    CHECK_THAT(message(whole),
               StartsWith("[gradcheck] The function gives int64, which has no gradient. Hint: "));
    CHECK_THAT(message(order),
               StartsWith("[gradcheck] The function gives bool, which has no gradient. Hint: "));
  }
  CHECK(message_of([&] { gradcheck([](const List&) { return List{}; }, {x}); }) ==
        "[gradcheck] The function gives no tensor");
  auto sorted = [](const List& in) {
    auto [values, indices] = sort(in[0]);
    return List{values, indices};
  };
  GradcheckResult result = gradcheck(sorted, {x});
  INFO(result);
  CHECK(result);
  CHECK(result.checked == 3 + 3);  // together, and the values alone
  CHECK_THAT(result.left_out, Contains("output 1 (int64)"));
  CHECK(gradgradcheck(sorted, {x}));
}

TEST_CASE("gradcheck refuses draws, unless they are the same in every call", "[refuses]") {
  Tensor x = tensor({0.3, 1.7}, float64);
  const std::vector<Computation> random = {
      [](const List& in) { return dropout(in[0], 0.5); },
      [](const List& in) { return in[0] + rand({2}, float64) * 0.0; },
      [](const List& in) {
        return in[0] * static_cast<double>(1 + default_generator().random() / (1LL << 32));
      },
      [](const List& in) { return in[0] * static_cast<double>(next_draw()(0) > 0); },
  };
  for (const Computation& f : random) {
    std::string message = message_of([&] { gradcheck(f, {x}); });
    CHECK((message.find("draws random numbers: others in every call. Hint: module.eval(), or a DrawStep") !=
               std::string::npos ||
           message.find("gives other values when it is called again") != std::string::npos));
    CHECK(message_of([&] { gradgradcheck(f, {x}); }) != "nothing was thrown");
    CHECK(gradcheck(
        [&](const List& in) {
          manual_seed(4);
          DrawStep step(2);
          return f(in) + in[0];
        },
        {x}));
  }
}

TEST_CASE("gradcheck checks the leaves that a function reads besides its inputs", "[refuses]") {
  Tensor x = randn({2, 3}, float64), w = randn({4, 3}, float64).requires_grad_();
  w.set_grad(full({4, 3}, 7, float64));
  auto f = [&](const List& in) { return tanh(linear(in[0], w)); };
  GradcheckResult result = gradcheck(f, {x});
  INFO(result);
  CHECK(result);
  CHECK(result.checked == 6 + 12);
  CHECK(gradgradcheck(f, {x}).checked == 6 + 12 + 8);
  CHECK(equal(w.grad(), full({4, 3}, 7, float64)));
  auto wrong = [&](const List& in) {
    Tensor y = matmul(in[0].detach(), w.detach().t());
    return record("half", y, {in[0], w}, [&, x = in[0]](const Tensor& dy, Grads& dx) {
      dx[0] += matmul(dy, w.detach());
      dx[1] += matmul(dy.t(), x.detach()) * 0.5;
    });
  };
  result = gradcheck(wrong, {x});
  CHECK_FALSE(result);
  CHECK(result.wrong_count == 12);
  CHECK(result.worst.input == "leaf [4, 3] read by half");
  Tensor single = w.detach().to(float32).requires_grad_();
  auto mixed = [&](const List& in) { return in[0] * sum(single); };
  CHECK_THAT(gradcheck(mixed, {x}).why, Contains("float32"));
  CHECK_FALSE(gradcheck(mixed, {x}));
  auto constant = [&](const List& in) {
    NoGrad off;
    Tensor scale = sum(w);
    detail::Recording on(true);
    return in[0] * scale;
  };
  CHECK(gradcheck(constant, {x}).checked == 6);  // read off the tape: a constant
  auto makes_one = [](const List& in) { return in[0] * ones({3}, float64).requires_grad_(); };
  CHECK(gradcheck(makes_one, {x}).checked == 6);  // one made anew in each call is no input
}

TEST_CASE("gradcheck names what backward reads of another forward", "[refuses]") {
  Tensor x = tensor({0.3, 1.7}, float64), kept;
  auto f = [&](const List& in) {
    kept = in[0].detach() * 2.0;
    return record("left", square(in[0].detach()), {in[0]},
                  [&](const Tensor& dy, Grads& dx) { dx[0] += dy * kept; });
  };
  std::string message = message_of([&] { gradcheck(f, {x}); });
  CHECK_THAT(message,
             StartsWith("[gradcheck] The gradient of input 0 gives other values where the function has "
                        "run at other inputs since: "));
  CHECK_THAT(message, Contains("Hint: keep what backward reads in its rule (Saved, Context)"));
  CHECK(message_of([&] { gradcheck([&] { return f({x}); }, {{"x", x}}); }) != "nothing was thrown");
  std::vector<int64_t> last;  // ids that the last lookup left
  auto looks_up = [&](const List& in) {
    last = in[1].to_vector<int64_t>();
    return record("looks_up", index_select(in[0].detach(), 0, in[1]), {in[0]},
                  [&, n = in[0].numel()](const Tensor& dy, Grads& dx) {
                    Tensor g = zeros({n}, float64), d = dy.contiguous();
                    for (size_t i = 0; i < last.size(); ++i) g.data<double>()[last[i]] += d.data<double>()[i];
                    dx[0] += g;
                  });
  };
  CHECK(message_of([&] { gradcheck(looks_up, {x, tensor({0, 0, 1})}); }) != "nothing was thrown");
}

TEST_CASE("gradcheck says where a gradient is right for contiguous memory only", "[refuses]") {
  auto reads_on = [](const List& in) {
    return record("reads_on", square(in[0].detach()), {in[0]}, [x = in[0]](const Tensor& dy, Grads& dx) {
      Tensor g = dy.clone();
      for (int64_t i = 0; i < g.numel(); ++i) g.data<double>()[i] *= 2 * x.data<double>()[i];
      dx[0] += g;
    });
  };
  for (const Shape& shape : {Shape{2}, Shape{3, 4}, Shape{2, 1, 3}}) {
    GradcheckResult result = gradcheck(reads_on, {randn(shape, float64)});
    INFO(result);
    CHECK_FALSE(result);
    CHECK_THAT(result.why, StartsWith("the gradient of input 0, index [") &&
                               Contains(" where inputs are not contiguous, else "));
  }
  auto views = [](const List& in) { return in[0].view({6}) * 2.0; };
  GradcheckResult result = gradcheck(views, {randn({2, 3}, float64)});
  CHECK(result);
  CHECK(result.left_out == "inputs that are not contiguous (refused)");
}

TEST_CASE("gradcheck names one op, or those of the function in order", "[refuses]") {
  Tensor x = tensor({0.3, 1.7}, float64);
  auto op_of = [&](const Computation& f) { return gradcheck(f, {x}).worst.op; };
  CHECK(op_of([](const List& in) { return sin(in[0]); }) == "sin");
  CHECK(op_of([](const List& in) { return sum(sin(in[0]) * in[0]); }) == "function of sin, mul, sum");
  CHECK(op_of([](const List& in) { return sum(exp(cos(sin(tanh(in[0]))))); }) ==
        "function of tanh, sin, cos, exp, ...");
  CHECK(op_of([](const List&) { return ones({2}, float64); }) == "function");
  auto f = [](const List& in) { return sum(sin(in[0])); };
  CHECK(gradgradcheck(f, {x}).worst.op == "gradient of function of sin, sum");
}

TEST_CASE("a function that throws beside the point leaves the inputs as they were", "[refuses]") {
  Tensor x = tensor({0.3, 1.7}, float64), before = x.clone();
  auto f = [&] {
    check(x.data<double>()[1] == 1.7, "f", "moved");
    return square(x);
  };
  CHECK_THROWS_WITH(gradcheck(f, {{"x", x}}), "[f] moved");
  CHECK(equal(x.detach(), before));
}
