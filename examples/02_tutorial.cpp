// A table of vectors, looked up by id: the tutorial in eight lines.
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

int main() {
  manual_seed(123);
  nn::Embedding embedding(6, 3);
  std::cout << embedding << "\n" << embedding.weight() << "\n";
  std::cout << embedding(3) << "\n";                     // row 3 as (1, 3)
  std::cout << embedding(tensor({2, 3, 5, 1})) << "\n";  // (4, 3)
}
// Prints:
// Embedding(6, 3)
// Parameter containing:
// tensor([[ 0.3374, -0.1778, -0.1690],
//         [ 0.9178,  1.5810,  1.3010],
//         [ 1.2753, -0.2010, -0.1606],
//         [-0.4015,  0.9666, -1.1481],
//         [-1.1589,  0.3255, -0.6315],
//         [-2.8400, -0.7849, -1.4096]], requires_grad=True)
// tensor([[-0.4015,  0.9666, -1.1481]], grad_fn=<EmbeddingBackward0>)
// tensor([[ 1.2753, -0.2010, -0.1606],
//         [-0.4015,  0.9666, -1.1481],
//         [-2.8400, -0.7849, -1.4096],
//         [ 0.9178,  1.5810,  1.3010]], grad_fn=<EmbeddingBackward0>)
