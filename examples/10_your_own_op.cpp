// An op of your own: the values, one rule for the gradient, and a check of the rule.
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

// x / (1 + |x|); its derivative is 1 / (1 + |x|)^2.
Tensor softsign(const Tensor& x) {
  Tensor y = x / (1 + abs(x));
  return record("softsign", y, {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy / square(1 + abs(x)); });
}

// The same with a rule that is wrong: the square is missing.
Tensor wrong_softsign(const Tensor& x) {
  Tensor y = x / (1 + abs(x));
  return record("wrong_softsign", y, {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy / (1 + abs(x)); });
}

int main() {
  manual_seed(123);
  Tensor x = randn({3, 4}, float64);
  std::cout << softsign(x) << "\n";
  auto right = gradcheck(softsign, x), wrong = gradcheck(wrong_softsign, x);
  // The rule is made of ops: it can be differentiated again, and that is checked in the same way.
  auto again = gradgradcheck([](const std::vector<Tensor>& in) { return softsign(in[0]); }, {x});
  std::cout << right << "\n" << again << "\n" << wrong << "\n";
  return right && again && !wrong ? 0 : 1;
}
// Prints:
// tensor([[-0.1003,  0.1074, -0.2699, -0.1938],
//         [-0.5448,  0.1731, -0.4930, -0.4302],
//         [ 0.2447, -0.0979,  0.1738, -0.2810]], dtype=float64)
// softsign: ok, 12 entries, worst ~4.4e-11 at ...
// gradient of softsign: ok, 24 entries, worst ~1.1e-10 at ...
// wrong_softsign: input 0, index [1,2]: analytic -0.3487, numeric -0.1768 (off by 1.7e-1, allowed 3e-7)
