// What the EXAMPLEs of the reductions do not say: ties, NaN, infinities, zeros, other dtypes,
// PyTorch's numbers (2.13).
#include <cmath>
#include <functional>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

using Numbers = std::vector<double>;

// Near `expected`, NaN where that is NaN.
void check_values(const Tensor& x, const Numbers& expected, double tolerance = 1e-12) {
  Numbers found = x.to_vector<double>();
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    INFO("at " << i << ": " << found[i] << ", expected " << expected[i]);
    CHECK((found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i])) ||
           std::abs(found[i] - expected[i]) <= tolerance));
  }
}

Tensor gradient_of(const Tensor& y, const Tensor& x) { return grad(sum(y), {x}).front(); }
Tensor leaf(const Numbers& values) { return tensor(values).requires_grad_(); }
Tensor leaf(const Numbers& values, const Shape& shape) {
  return tensor(values).reshape(shape).requires_grad_();
}

}  // namespace

TEST_CASE("max and min: ties share over everything, the first takes all along a dimension") {
  Tensor x = leaf({1, 5, 5, 0, 5, 2, 2, 2}, {2, 4});
  check_values(gradient_of(max(x), x), {0, 1.0 / 3, 1.0 / 3, 0, 1.0 / 3, 0, 0, 0});
  check_values(gradient_of(amax(x, {1}), x), {0, 0.5, 0.5, 0, 1, 0, 0, 0});
  check_values(gradient_of(max(x, 1).values, x), {0, 1, 0, 0, 1, 0, 0, 0});
  check_values(max(x, 1).indices, {1, 0});
  check_values(gradient_of(min(x), x), {0, 0, 0, 1, 0, 0, 0, 0});
  check_values(gradient_of(amin(x, {-1}), x), {0, 0, 0, 1, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3});
  check_values(min(x, -1, true).indices, {3, 1});
  CHECK(min(x, -1, true).values.shape() == Shape{2, 1});
  check_values(max(x, 0).indices, {1, 0, 0, 1});
  check_values(max(transpose(x, 0, 1), 1).indices, {1, 0, 0, 1});
  CHECK(argmax(x).item<int>() == 1);
  CHECK(argmin(x).item<int>() == 3);
}

TEST_CASE("NaN is the most extreme value, and the first one is named") {
  Tensor x = leaf({1, NAN, NAN, 3});
  for (const ValuesIndices& found : {max(x, 0), min(x, 0)}) {
    check_values(found.values, {NAN});
    check_values(found.indices, {1});
  }
  check_values(gradient_of(max(x), x), {0, 0.5, 0.5, 0});
  Tensor wide = full({3, 100}, 1, float32);
  wide.data<float>()[100 + 77] = wide.data<float>()[200 + 99] = NAN;
  check_values(argmax(wide, 1), {0, 77, 99});
  check_values(argmin(wide, 1), {0, 77, 99});
  check_values(amax(wide, {1}), {1, NAN, NAN});
  CHECK(std::isnan(amin(wide, {0}).to_vector<float>()[77]));
  CHECK(argmax(wide, 0).to_vector<int64_t>()[77] == 1);
  Tensor infinite = tensor(Numbers{-INFINITY, -INFINITY});
  check_values(max(infinite), {-INFINITY});
  check_values(argmax(infinite, 0), {0});
}

TEST_CASE("extremes of long rows, whole numbers and bools") {
  Tensor x = zeros({2, 100000}, int64);
  x.data<int64_t>()[40000] = x.data<int64_t>()[90000] = 7;
  x.data<int64_t>()[100000 + 99999] = -7;
  check_values(max(x, 1).values, {7, 0});
  check_values(max(x, 1).indices, {40000, 0});
  check_values(min(x, 1).indices, {0, 99999});
  CHECK(max(x).dtype() == int64);
  CHECK(max(x).item<int>() == 7);
  CHECK(argmin(x).item<int>() == 199999);
  Tensor bools = gt(x, zeros({}));
  CHECK(max(bools).dtype() == boolean);
  CHECK(max(bools).item<bool>());
  CHECK_FALSE(min(bools).item<bool>());
  check_values(argmax(bools, 1), {40000, 0});
  Tensor lowest = full({2}, -9e18, int64);
  CHECK(max(lowest).item<int64_t>() == lowest.data<int64_t>()[0]);
}

TEST_CASE("prod: the gradient beside zeros, once and twice, as PyTorch's") {
  Tensor z = leaf({2, 0, 3, 0, 0, 5, 2, 3, 4}, {3, 3});
  check_values(prod(z, {1}), {0, 0, 24});
  check_values(gradient_of(prod(z, {1}), z), {0, 6, 0, 0, 0, 0, 12, 8, 6});
  Tensor slope = grad(sum(prod(z, {1})), {z}, {.create_graph = true}).front();
  check_values(slope, {0, 6, 0, 0, 0, 0, 12, 8, 6});
  Tensor weights = tensor(Numbers{1, 2, 3, 1, 2, 3, 1, 2, 3}).reshape({3, 3});
  check_values(gradient_of(slope * weights, z), {6, 9, 4, 10, 5, 0, 17, 10, 7});
  CHECK(gradgradcheck([](const std::vector<Tensor>& in) { return prod(in[0], {0}); }, {z}));
  CHECK(prod(tensor({2, 3})).dtype() == int64);
  CHECK(prod(gt(ones({3}), zeros({}))).item<int>() == 1);
}

TEST_CASE("std: PyTorch's values; gradient 0 where nothing varies; NaN without freedom") {
  Tensor x = leaf({1.5, -0.5, 2.0, 0.25, -1.0, 3.0, 0.5, 0.75}, {2, 4});
  Tensor y = lexigrad::std(x, {1}, false, 0);
  check_values(y, {0.9901862198596787, 1.429324578253659});
  check_values(gradient_of(y, x),
               {0.17357846085189585, -0.3313770616263466, 0.2998173414714565, -0.1420187406970057,
                -0.3170203653488039, 0.3826107857657978, -0.05465868368082826, -0.010931736736165652});
  Tensor flat = leaf({2, 2, 2});
  check_values(gradient_of(lexigrad::std(flat), flat), {0, 0, 0});
  Tensor one = leaf({2});
  check_values(lexigrad::std(one), {NAN});
  check_values(gradient_of(lexigrad::std(one), one), {NAN});
  check_values(var(tensor(2.0)), {NAN});
  Tensor far = full({100000}, 1e4, float32) + rand({100000});
  CHECK(std::abs(var(far).item<double>() - var(far.to(float64)).item<double>()) < 1e-5);
}

TEST_CASE("norm: every p of PyTorch's, gradient 0 at 0") {
  Tensor x = leaf({0, 0, 3, 4}, {2, 2});
  struct Case {
    double p;
    Numbers values, gradient;
  };
  for (const Case& c :
       std::vector<Case>{{0.5, {0, 13.928203230275509}, {0, 0, 2.1547005383792515, 1.8660254037844386}},
                         {1, {0, 7}, {0, 0, 1, 1}},
                         {2, {0, 5}, {0, 0, 0.6, 0.8}},
                         {INFINITY, {0, 4}, {0, 0, 0, 1}},
                         {-INFINITY, {0, 3}, {0, 0, 1, 0}}}) {
    INFO("p " << c.p);
    Tensor y = norm(x, c.p, {1});
    check_values(y, c.values);
    check_values(gradient_of(y, x), c.gradient);
  }
  check_values(norm(x, 0, {1}), {0, 2});
  Tensor z = leaf({1.5, -0.5, 2.0, 0.25, -1.0, 3.0, 0.5, 0.75});
  check_values(norm(z, 3), {3.421732191380999});
  check_values(gradient_of(norm(z, 3), z),
               {0.19217216675462714, -0.02135246297273635, 0.3416394075637816, 0.005338115743184087,
                -0.0854098518909454, 0.7686886670185086, 0.02135246297273635, 0.048043041688656786});
  CHECK(gradgradcheck([](const std::vector<Tensor>& in) { return norm(in[0], 3); }, {z}));
}

TEST_CASE("logsumexp does not overflow and knows infinities") {
  Tensor x = leaf({-INFINITY, -INFINITY, 1, INFINITY, NAN, 1, 1000, 1000}, {4, 2});
  check_values(logsumexp(x, {1}), {-INFINITY, INFINITY, NAN, 1000 + std::log(2.0)});
  check_values(gradient_of(logsumexp(x, {1}), x), {NAN, NAN, 0, NAN, NAN, NAN, 0.5, 0.5});
  check_values(logsumexp(zeros({2, 0}, float64), {1}), {-INFINITY, -INFINITY});
}

TEST_CASE("cumsum of whole numbers and bools is int64, of float32 adds in double") {
  Tensor y = cumsum(gt(tensor({1, 0, 1, 1}), zeros({})), 0);
  CHECK(y.dtype() == int64);
  check_values(y, {1, 1, 2, 3});
  Tensor x = full({1000000}, 0.1, float32);
  CHECK(std::abs(cumsum(x, 0)[-1].item<double>() - 0.1f * 1e6) < 1e-2);
}

TEST_CASE("any and all count NaN as not 0, and see every element of long rows") {
  CHECK(any(tensor(Numbers{0, NAN})).item<bool>());
  CHECK_FALSE(any(zeros({3})).item<bool>());
  CHECK_FALSE(all(tensor(Numbers{NAN, 0})).item<bool>());
  for (int64_t at : {0, 31, 32, 70000, 99999}) {
    Tensor x = zeros({100000}, int64);
    x.data<int64_t>()[at] = int64_t{1} << 40;
    CHECK(any(x).item<bool>());
    CHECK_FALSE(all(eq(x, zeros({}))).item<bool>());
    CHECK(sum(any(x.reshape({1000, 100}), {0})).item<int>() == 1);
  }
}

TEST_CASE("layer_norm and rms_norm have PyTorch's values and gradients") {
  Tensor x = leaf({1.5, -0.5, 2.0, 0.25, -1.0, 3.0, 0.5, 0.75}, {2, 4});
  Tensor w = leaf({1.0, 2.0, -1.0, 0.5}), b = leaf({0.1, 0.2, 0.3, 0.4});
  Tensor dy = tensor(Numbers{1.0, 2.0, 3.0, -4.0, 0.5, -1.0, 0.25, 2.0}).reshape({2, 4});
  Tensor y = layer_norm(x, w, b);
  check_values(y, {0.7943103027106854, -2.451002973986253, -0.8992632501366382, 0.11596396707290146,
                   -1.1680783578802787, 3.260878794883432, 0.5186341996345308, 0.37813658003654693});
  auto found = grad(y, {x, w, b}, {.grad_outputs = {dy}});
  check_values(found[0], {2.249140329809012, 1.673812385398604, -0.8892218423570806, -3.0337308728505343,
                          -0.336099053049282, -0.2819300741360119, -0.1846051661760872, 0.802634293361381});
  check_values(found[1], {0.060271123770546, -4.181442371427969, 3.543131200501282, 2.184834583562976});
  check_values(found[2], {1.5, 1.0, 3.25, -2.0});
  y = rms_norm(x, w);
  check_values(y, {1.1710800875382397, -0.7807200583588264, -1.5614401167176528, 0.0975900072948533,
                   -0.6082287370157644, 3.6493724220945865, -0.3041143685078822, 0.22808577638091165});
  found = grad(y, {x, w}, {.grad_outputs = {dy}});
  check_values(found[0],
               {2.029872151732948, 2.7064962023105985, -0.6766240505776502, -1.3532481011552993,
                -0.02636829784750422, -0.2250094749653695, 0.01318414892375211, 0.8560907367823043});
  check_values(found[1], {0.8669657190303575, -2.6054062694061195, 4.760348942279929, 0.1316230471648202});
  check_values(layer_norm(x), layer_norm(x, ones({4}, float64), zeros({4}, float64)).to_vector<double>());
  check_values(rms_norm(x), rms_norm(x, ones({4}, float64)).to_vector<double>());
  CHECK(layer_norm(full({2, 3}, 5)).to_vector<double>() == Numbers(6, 0));
}

TEST_CASE("gradients of layer_norm and rms_norm: as the composed forms', the same bits for any threads") {
  int before = num_threads();
  Tensor dy = rand({300, 70}) - 0.5;
  Tensor x = (rand({300, 70}) * 3 + 1).detach().requires_grad_();
  Tensor w = rand({70}).requires_grad_(), b = rand({70}).requires_grad_();
  auto gradients = [&](const Tensor& y, const std::vector<Tensor>& inputs) {
    return grad(y, inputs, {.grad_outputs = {dy.to(y.dtype())}});
  };
  auto exact_leaf = [](const Tensor& t) { return t.detach().to(float64).requires_grad_(); };
  Tensor x64 = exact_leaf(x), w64 = exact_leaf(w), b64 = exact_leaf(b);
  std::vector<Tensor> exact = gradients(layer_norm_composed(x64, w64, b64), {x64, w64, b64});
  std::vector<Tensor> exact_rms = gradients(rms_norm_composed(x64, w64, 1e-6), {x64, w64});
  std::vector<Tensor> first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    std::vector<Tensor> found = gradients(layer_norm(x, w, b), {x, w, b});
    for (size_t i = 0; i < 3; ++i) CHECK(allclose(found[i].to(float64), exact[i], 1e-5, 1e-5));
    for (Tensor& t : gradients(rms_norm(x, w, 1e-6), {x, w})) found.push_back(t);
    for (size_t i = 0; i < 2; ++i) CHECK(allclose(found[3 + i].to(float64), exact_rms[i], 1e-5, 1e-5));
    if (first.empty()) first = found;
    for (size_t i = 0; i < found.size(); ++i) CHECK(equal(found[i], first[i]));
  }
  set_num_threads(before);
}

TEST_CASE("reductions and orders refuse bfloat16 by name") {
  Tensor x = ones({2, 3}).to(bfloat16);
  const std::pair<const char*, std::function<void()>> calls[] = {{"max", [&] { max(x); }},
                                                                 {"max", [&] { max(x, 0); }},
                                                                 {"amin", [&] { amin(x, {0}); }},
                                                                 {"argmin", [&] { argmin(x); }},
                                                                 {"prod", [&] { prod(x); }},
                                                                 {"any", [&] { any(x); }},
                                                                 {"all", [&] { all(x); }},
                                                                 {"cumsum", [&] { cumsum(x, 0); }},
                                                                 {"sort", [&] { sort(x); }},
                                                                 {"topk", [&] { topk(x, 1); }},
                                                                 {"var", [&] { var(x); }},
                                                                 {"std", [&] { lexigrad::std(x); }},
                                                                 {"norm", [&] { norm(x); }},
                                                                 {"logsumexp", [&] { logsumexp(x, {0}); }},
                                                                 {"layer_norm", [&] { layer_norm(x); }},
                                                                 {"rms_norm", [&] { rms_norm(x); }}};
  for (const auto& [name, call] : calls) {
    INFO(name);
    try {
      call();
      FAIL("nothing was thrown");
    } catch (const std::invalid_argument& e) {
      CHECK(std::string(e.what()).rfind("[" + std::string(name) + "]", 0) == 0);
    }
  }
}
