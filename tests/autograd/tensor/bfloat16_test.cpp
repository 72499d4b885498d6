// bfloat16: rounding by its definition, storage, and what is refused.
#include "lexigrad/autograd/base/bfloat16.h"

#include <cmath>
#include <cstring>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tensor/tensor.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

float float_of(uint32_t bits) { return std::bit_cast<float>(bits); }

// The multiple of the spacing of bfloat16 that is nearest to x, ties to an even one: 8 significant bits,
// exponents of float32, the largest finite value (2 - 2^-7) 2^127.
double nearest(double x) {
  if (x == 0 || !std::isfinite(x)) return x;
  int exponent = std::max(std::ilogb(x), -126);
  double spacing = std::ldexp(1.0, exponent - 7), y = std::nearbyint(x / spacing) * spacing;
  return std::abs(y) >= std::ldexp(1.0, 128) ? std::copysign(INFINITY, x) : y;
}

void check_rounding(float x) {
  float y = BFloat16(x);
  INFO("x " << x << " gave " << y);
  if (std::isnan(x)) {
    REQUIRE(std::isnan(y));
    REQUIRE(std::signbit(y) == std::signbit(x));
  } else {
    REQUIRE(std::bit_cast<uint32_t>(y) == std::bit_cast<uint32_t>(static_cast<float>(nearest(x))));
  }
}

}  // namespace

TEST_CASE("every bfloat16 value reads as a float32 and rounds back to itself") {
  for (uint32_t bits = 0; bits < 1 << 16; ++bits) {
    BFloat16 value = BFloat16::from_bits(static_cast<uint16_t>(bits));
    REQUIRE(std::bit_cast<uint32_t>(static_cast<float>(value)) == bits << 16);
    bool signaling = std::isnan(float(value)) && !(bits & 0x40);
    REQUIRE(BFloat16(static_cast<float>(value)).bits() == (signaling ? bits | 0x40 : bits));
  }
}

TEST_CASE("float32 rounds to the nearest bfloat16, ties to even") {
  for (uint32_t upper = 0; upper < 1 << 16; ++upper)  // around every value and every tie
    for (uint32_t lower : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu})
      check_rounding(float_of(upper << 16 | lower));
  CounterRng random(7, 1);
  for (uint64_t i = 0; i < 2000000; ++i)
    check_rounding(float_of(static_cast<uint32_t>(random.uniform(i, 0) * 4294967296.0)));
}

TEST_CASE("float32 rounds to bfloat16 as in PyTorch") {  // torch.tensor(x).to(torch.bfloat16), both as bits
  const std::pair<uint32_t, uint16_t> known[] = {
      {0x3F808000, 0x3F80}, {0x3F818000, 0x3F82}, {0x3F808001, 0x3F81}, {0xBF807FFF, 0xBF80},
      {0x00008000, 0x0000}, {0x80018000, 0x8002}, {0x7F7F8000, 0x7F80}, {0x7F7F7FFF, 0x7F7F},
      {0x00000001, 0x0000}, {0x7F800000, 0x7F80}, {0xFF800000, 0xFF80}, {0x33D6BF95, 0x33D7},
      {0x9F767C45, 0x9F76}, {0x4164D839, 0x4165}, {0xBDE5C099, 0xBDE6}, {0x5BC8FBBC, 0x5BC9},
      {0xCB91CE37, 0xCB92}, {0xB0C11FDE, 0xB0C1}, {0xF1446BEA, 0xF144}, {0xD76D4330, 0xD76D},
      {0xBD69FE29, 0xBD6A}, {0xA6EB8C9E, 0xA6EC}, {0xEC1D7DA0, 0xEC1D}, {0x87B0B125, 0x87B1}};
  for (auto [from, bits] : known) REQUIRE(BFloat16(float_of(from)).bits() == bits);
}

TEST_CASE("tensors convert to bfloat16 and back, in any memory order") {
  Tensor x = tensor({{1.0, 1.00390625, 1.01171875}, {-3.3895314e38, 3.4e38, 1e-40}});
  Tensor y = x.to(bfloat16);
  REQUIRE(y.dtype() == bfloat16);
  REQUIRE(y.numel() * item_size(y.dtype()) == 12);
  float inf = std::numeric_limits<float>::infinity();
  std::vector<float> expected;
  for (float v : x.to_vector<float>()) expected.push_back(static_cast<float>(nearest(v)));
  REQUIRE(expected[4] == inf);
  REQUIRE(y.to(float32).to_vector<float>() == expected);
  REQUIRE(x.t().to(bfloat16).to(float32).to_vector<float>() ==
          y.to(float32).t().contiguous().to_vector<float>());
  REQUIRE(y.t().to(float64).to_vector<double>() == y.to(float64).t().contiguous().to_vector<double>());
  REQUIRE(tensor({3, -257, 0}).to(bfloat16).to(int64).to_vector<int64_t>() ==
          std::vector<int64_t>{3, -256, 0});
  REQUIRE(equal(tensor({true, false}).to(bfloat16).to(boolean), tensor({true, false})));
  REQUIRE(tensor({0.1, 0.3}, bfloat16).to_vector<double>() == std::vector<double>{0.10009765625, 0.30078125});
}

TEST_CASE("bfloat16 tensors are made, viewed, cloned, copied, compared and read") {
  Tensor x = full({2, 3}, 0.1, bfloat16);
  REQUIRE(x[1][2].item<double>() == 0.10009765625);
  REQUIRE(arange(0, 3, 0.5, bfloat16)[3].item<float>() == 1.5f);
  REQUIRE(equal(x, x.clone()));
  REQUIRE_FALSE(equal(x, x.to(float32)));
  REQUIRE_FALSE(equal(full({1}, NAN, bfloat16), full({1}, NAN, bfloat16)));
  x[1].copy_(tensor({1.0, 2.0, 3.00001}));
  REQUIRE(equal(x.t()[2], tensor({0.1, 3.0}, bfloat16)));
  x.t()[0].fill_(-2);
  REQUIRE(equal(x, tensor({{-2.0, 0.1, 0.1}, {-2.0, 2.0, 3.0}}, bfloat16)));
  REQUIRE(equal(cat({x, x}, 0), cat({x, x}, 0)));
  std::vector<BFloat16> raw{BFloat16::from_bits(0x3F80), BFloat16::from_bits(0xFF80)};
  Tensor held = from_values<BFloat16>(raw, {2});
  REQUIRE(to_string(held) == "tensor([1., -inf], dtype=bfloat16)");
  REQUIRE(held.data<BFloat16>()[1].bits() == 0xFF80);
  Tensor table = tensor({{0.5, 1.0}, {2.0, 4.0}}, bfloat16);
  REQUIRE(equal(embedding(table, tensor({1, 0, 1})), tensor({{2.0, 4.0}, {0.5, 1.0}, {2.0, 4.0}})));
  REQUIRE(equal(where(tensor({true, false}), held, table[0]), tensor({1.0, 1.0}, bfloat16)));
}

TEST_CASE("the gradient of a bfloat16 tensor is float32, whatever reads it: of a leaf and on the way") {
  Tensor x = tensor({1.0, 2.0}).requires_grad_(), stored = x.to(bfloat16), leaf = x.detach().to(bfloat16);
  leaf.requires_grad_();
  stored.retain_grad();
  sum(stored.to(float32) * tensor({1.001, 3.0})).backward();
  REQUIRE(equal(stored.grad(), tensor({1.001, 3.0})));
  REQUIRE(equal(x.grad(), tensor({1.001, 3.0})));
  sum(cat({leaf, leaf}, 0).to(float32) * tensor({1.001, 3.0, 0.25, 2.0})).backward();
  REQUIRE(equal(leaf.grad(), tensor({1.001f + 0.25f, 5.0f})));
  leaf.set_grad(tensor({0.5, 0.25}));
  REQUIRE(message_of([&] { leaf.set_grad(leaf.detach()); }) ==
          "[set_grad] The gradient is bfloat16 [2], the tensor bfloat16 [2]. Hint: its gradient is float32");
  REQUIRE(equal(grad(sum(square(leaf.to(float64))), {leaf})[0], tensor({2.0, 4.0})));
}

TEST_CASE("gradients of a bfloat16 tensor that is used twice, or expanded, are summed in float32") {
  auto gradient = [](const auto& use) {
    Tensor x = tensor({{1.0}, {2.0}}, bfloat16).requires_grad_();
    use(x).backward();
    return x.grad().to_vector<double>();
  };
  auto twice = [](const Tensor& y) {
    return sum(y.to(float32) * 1.0078125) + sum(y.to(float32) * 0.00390625);
  };
  REQUIRE(gradient(twice) == std::vector<double>{1.01171875, 1.01171875});
  auto expanded = [](const Tensor& y) {
    return sum(expand(y, {2, 3}).to(float32) * tensor({1.0, 2.0, 4.0078125}));
  };
  REQUIRE(gradient(expanded) == std::vector<double>{7.0078125, 7.0078125});
}

TEST_CASE("arithmetic on bfloat16 says what to do instead") {
  Tensor x = ones({2}, bfloat16), w = ones({2});
  auto hint = [](const char* op) {
    return std::string("[") + op + "] bfloat16 is for storage alone. Hint: x.to(float32) converts";
  };
  REQUIRE(message_of([&] { x + x; }) == hint("add"));
  REQUIRE(message_of([&] { x* w; }) == hint("mul"));
  REQUIRE(message_of([&] { w - x; }) == hint("sub"));
  REQUIRE(message_of([&] { x / 2.0; }) == hint("div"));
  REQUIRE(message_of([&] { x.add_(x); }) == hint("add"));
  REQUIRE(message_of([&] { maximum(x, x); }) == hint("maximum"));
  REQUIRE(message_of([&] { minimum(w, x); }) == hint("minimum"));
  REQUIRE(message_of([&] { clamp(x, 0); }) == hint("clamp"));
  REQUIRE(message_of([&] { gt(x, w); }) == hint("gt"));
  REQUIRE(message_of([&] { sum(x); }) == hint("sum"));
  std::string needs = "Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts";
  REQUIRE(message_of([&] { exp(x); }) == "[exp] " + needs);
  REQUIRE(message_of([&] { pow(x, w); }) == "[pow] " + needs);
  REQUIRE(message_of([&] { pow(x, 2); }) == "[pow] " + needs);
  REQUIRE(message_of([&] { linear(x, ones({3, 2}, bfloat16)); }) == "[linear] " + needs);
  REQUIRE(message_of([&] {
            linear(ones({2}, float64), ones({3, 2}, bfloat16));
          }) == "[linear] x is float64, weight bfloat16. Hint: x.to(dtype) converts");
  REQUIRE(message_of([&] { matmul(w, ones({2, 3}, bfloat16)); }).find("bfloat16") != std::string::npos);
}
