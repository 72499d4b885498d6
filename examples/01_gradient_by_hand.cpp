// One gradient three ways: by hand, by backward() and by differences.
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

// How far w x is from its target: (w x - 1)^2, summed.
Tensor error(const Tensor& w, const Tensor& x) { return sum(square(w * x - 1)); }

int main() {
  Tensor w = tensor({0.5, -1.0, 2.0}, float64).requires_grad_();
  Tensor x = tensor({2.0, 3.0, 1.5}, float64);

  Tensor y = error(w, x);
  std::cout << y << "\n";
  y.backward();
  std::cout << "backward: " << w.grad() << "\n";

  // By the chain rule: d/dw (w x - 1)^2 = 2 (w x - 1) x. The 0 says that w[0] is already right.
  std::cout << "by hand:  " << (2 * (w * x - 1) * x).detach() << "\n";

  // Nudging each entry a little up and down, in both inputs.
  std::cout << "nudged:   " << gradcheck(error, w.detach(), x) << "\n";

  // Gradients add up until zero_grad(): that is how small batches make a large one.
  error(w, x).backward();
  std::cout << "twice:    " << w.grad() << "\n";
}
// Prints:
// tensor(20., dtype=float64, grad_fn=<SumBackward0>)
// backward: tensor([  0., -24.,   6.], dtype=float64)
// by hand:  tensor([  0., -24.,   6.], dtype=float64)
// nudged:   function of mul, sub, square, sum: ok, 6 entries, worst ~6.8e-11 at ...
// twice:    tensor([  0., -48.,  12.], dtype=float64)
