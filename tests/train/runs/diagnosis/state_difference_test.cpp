// Where two tensors are not the same, and how far apart they are.
#include "lexigrad/train/runs/diagnosis/state_difference.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;
using train::first_difference;

namespace {

// What is said of x and of y in its place [1, 2].
template <class T>
train::TensorDifference said(T x, T y, Dtype dtype) {
  Tensor a = zeros({2, 3}, dtype), b = a.clone();
  a.data<T>()[5] = x;
  b.data<T>()[5] = y;
  auto found = first_difference({{"other", zeros({2})}, {"t", a}}, {{"t", b}, {"more", a}});
  REQUIRE(found.has_value());
  CHECK((found->tensor == "t" && text(found->index) == text(Shape{1, 2}) && found->differing == 1 &&
         found->elements == 6));
  return *found;
}

}  // namespace

TEST_CASE("numbers are as many ulps apart as there are steps of nextafter between them", "[bisect]") {
  for (float x : {1.0F, -1.0F, 0.0F, 1e-45F, -3e-45F, 0.99999994F, 3e38F, 1e-38F}) {
    float y = x;
    for (uint64_t steps = 1; steps <= 5; ++steps) {
      y = std::nextafter(y, HUGE_VALF);
      CHECK(said(x, y, float32).ulps == steps);
      CHECK(said(y, x, float32).ulps == steps);
    }
  }
  CHECK(said(1.0, std::nextafter(1.0, 2.0), float64).ulps == uint64_t{1});
  CHECK(said(-1.0, 1.0, float64).ulps == 2 * uint64_t{0x3FF0000000000000});
  CHECK(said(-0.0F, 0.0F, float32).ulps == uint64_t{0});
  CHECK_FALSE(said(std::nanf(""), 1.0F, float32).ulps.has_value());
}

TEST_CASE("the values are said in digits that read back, whole numbers too", "[bisect]") {
  auto floats = said(0.1F, 0.2F, float32);
  CHECK((floats.a == "0.1" && floats.b == "0.2"));
  auto whole = said(int64_t{3}, int64_t{4}, int64);
  CHECK((whole.a == "3" && whole.b == "4" && !whole.ulps));
}

TEST_CASE("equal states, other names, other shapes, other dtypes", "[bisect]") {
  Tensor a = randn({3, 4});
  CHECK_FALSE(first_difference({{"a", a}}, {{"a", a.clone()}}).has_value());
  CHECK_FALSE(first_difference({{"a", a}}, {{"b", zeros({3, 4})}}).has_value());
  auto shapes = first_difference({{"a", a}}, {{"a", a.reshape({4, 3})}});
  REQUIRE(shapes.has_value());
  CHECK((shapes->a == "float32 [3, 4]" && shapes->b == "float32 [4, 3]" && shapes->elements == 0));
  auto dtypes = first_difference({{"a", a}}, {{"a", a.to(float64)}});
  REQUIRE(dtypes.has_value());
  CHECK(dtypes->b == "float64 [3, 4]");
  CHECK(first_difference({{"a", a}}, {{"a", a + 1}})->differing == 12);
}
