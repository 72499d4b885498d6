// An op of your own whose gradient is another formula, with a number and a saved tensor; checked twice over.
#include <lexigrad/lexigrad.h>

#include <array>
#include <iostream>

using namespace lexigrad;

// x where x > 0, slope * x elsewhere (Maas et al. 2013), smoothed: x * sigmoid(x) + slope * x * sigmoid(-x).
struct SmoothLeaky : Function<SmoothLeaky> {
  struct Context : FunctionContext {
    double slope = 0;  // what is no tensor is a field
  };
  static Tensor forward(Context& context, const Tensor& x, double slope) {
    context.save(x);
    context.slope = slope;
    return x * sigmoid(x) + x * sigmoid(-x) * slope;
  }
  static Tensor backward(Context& context, const Tensor& dy) {
    Tensor x = context.saved(0), s = sigmoid(x);
    return dy * ((s + x * s * (1 - s)) * (1 - context.slope) + context.slope);
  }
};

// The same, read number by number: quick to write, but there is no second derivative.
struct ByLoop : Function<ByLoop> {
  static constexpr bool once_differentiable = true;
  static Tensor forward(Context& context, const Tensor& x) {
    context.save(x);
    return square(x);
  }
  static Tensor backward(Context& context, const Tensor& dy) {
    Tensor x = context.saved(0).contiguous(), dx = dy.clone();
    for (int64_t i = 0; i < dx.numel(); ++i) dx.data<double>()[i] *= 2 * x.data<double>()[i];
    return dx;
  }
};

// Two outputs and one gradient rule. An output that nothing uses has a dy of zeros, and dy.has(i) says so.
struct SinCos : Function<SinCos> {
  static std::array<Tensor, 2> forward(Context& context, const Tensor& x) {
    std::array<Tensor, 2> y{sin(x), cos(x)};
    context.save(y[0], y[1]);
    return y;
  }
  static Tensor backward(Context& context, const OutputGrads& dy) {
    return dy[0] * context.saved(1) - dy[1] * context.saved(0);
  }
};

int main() {
  manual_seed(123);
  Tensor x = randn({2, 3}, float64).requires_grad_();
  std::cout << SmoothLeaky::apply(x, 0.1) << "\n";
  auto op = [](const std::vector<Tensor>& in) { return SmoothLeaky::apply(in[0], 0.1); };
  auto loop = [](const std::vector<Tensor>& in) { return ByLoop::apply(in[0]); };
  auto first = gradcheck(op, {x}), second = gradgradcheck(op, {x}), third = gradcheck(loop, {x});
  std::cout << first << "\n" << second << "\n" << third << "\n";
  try {
    gradgradcheck(loop, {x});
  } catch (const std::invalid_argument& error) { std::cout << error.what() << "\n"; }
  auto both = [](const std::vector<Tensor>& in) {
    auto [s, c] = SinCos::apply(in[0]);
    return std::vector<Tensor>{s, c};
  };
  auto fourth = gradcheck(both, {x}), fifth = gradgradcheck(both, {x});
  std::cout << fourth << "\n" << fifth << "\n";
  return first && second && third && fourth && fifth ? 0 : 1;
}
// Prints:
// tensor([[-0.0585,  0.0695, -0.1729],
//         [-0.1193, -0.3696,  0.1249]], dtype=float64,
//        grad_fn=<SmoothLeakyBackward0>)
// SmoothLeaky: ok, 6 entries, worst ~1.0e-12 at ...
// gradient of SmoothLeaky: ok, 12 entries, worst ~2.9e-12 at ...
// ByLoop: ok, 6 entries, worst ~1.4e-12 at ...
// [ByLoop] The gradient of ByLoop cannot be differentiated again: it is marked once_differentiable
// SinCos, output 1 alone: ok, 18 entries, worst ~1.9e-11 at ...
// gradient of SinCos: ok, 42 entries, worst ~4.4e-12 at ...
