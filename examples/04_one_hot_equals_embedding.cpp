// A look-up is a product with one-hot rows, without the product.
#include <lexigrad/lexigrad.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>

using namespace lexigrad;

// Microseconds of the fastest of a few calls.
double time_of(const std::function<void()>& f) {
  double best = 1e30;
  for (int i = 0; i < 4; ++i) {
    auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(
        best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

int main() {
  manual_seed(123);
  nn::Embedding embedding(4, 5);
  nn::Linear linear(4, 5, {.bias = false});
  linear.weight().copy_(embedding.weight().t());  // Linear multiplies by its weight's transpose
  Tensor ids = tensor({2, 3, 1});
  Tensor a = embedding(ids), b = linear(one_hot(ids, 4));
  std::cout << std::boolalpha << a.detach() << "\nequal values: " << equal(a.detach(), b.detach());
  sum(square(a)).backward();
  sum(square(b)).backward();
  std::cout << ", equal gradients: " << equal(embedding.weight().grad(), linear.weight().grad().t())
            << "\n\n";

  // What it costs: 32 ids, 64 numbers a vector. The look-up copies 2,048 numbers whatever V is.
  std::cout << "     V   one-hot FLOPs   one-hot us   look-up us\n";
  std::vector<std::pair<double, double>> product, lookup;  // (V, microseconds)
  NoGrad off;
  for (int64_t v : {6, 1000, 50257}) {
    Tensor table = randn({v, 64}), weight = table.t().contiguous(), some = randint(0, v, {32});
    double product_us = time_of([&] { lexigrad::linear(one_hot(some, v), weight); });
    double lookup_us = time_of([&] { lexigrad::embedding(table, some); });
    std::printf("%6lld   %13lld   %10.1f   %10.1f\n", static_cast<long long>(v),
                static_cast<long long>(2 * 32 * v * 64), product_us, lookup_us);
    product.emplace_back(v, product_us);
    lookup.emplace_back(v, lookup_us);
  }
  train::save_svg_plot("one_hot_cost.svg", {{"32 vectors of 64 numbers",
                                             "V",
                                             "microseconds",
                                             {{"one-hot x Linear", product}, {"look-up", lookup}},
                                             {}}});
  std::cout << "The picture is one_hot_cost.svg\n";
}
// Prints:
// tensor([[ 0.6957, -1.8061, -1.1589,  0.3255, -0.6315],
//         [-2.8400, -0.7849, -1.4096, -0.4076,  0.7953],
//         [ 1.3010,  1.2753, -0.2010, -0.1606, -0.4015]])
// equal values: true, equal gradients: true
//
//      V   one-hot FLOPs   one-hot us   look-up us
//      6           24576         ~1.8         ~0.4
//   1000         4096000        ~60.4         ~0.4
//  50257       205852672      ~4231.7         ~0.5
// The picture is one_hot_cost.svg
