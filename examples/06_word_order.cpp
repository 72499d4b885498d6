// What positions are for: without them "the cat sat on the mat" and "the mat sat on the cat"
// are one bag of words.
#include <lexigrad/lexigrad.h>

#include <algorithm>
#include <iostream>

using namespace lexigrad;

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (double d : abs(a - b).to_vector<double>()) largest = std::max(largest, d);
  return largest;
}

int main() {
  manual_seed(123);
  auto tokenizer = data::WordTokenizer::from_text("The cat sat on the mat");
  Tensor a = tensor(tokenizer.encode("The cat sat on the mat"));
  Tensor b = tensor(tokenizer.encode("The mat sat on the cat"));
  nn::Embedding token(tokenizer.vocabulary_size(), 16);
  nn::LearnedPositions position(6, 16);
  auto same = [](const Tensor& x, const Tensor& y) {
    return largest_difference(x, y) < 1e-6 ? "the same" : "different";
  };
  auto pooled = [](const Tensor& x) { return mean(tanh(x), {0}); };  // (6, 16) to (16)

  // A word has one vector, wherever it stands ...
  std::cout << "cat, first or last: " << same(token(a)[1], token(b)[5]) << "\n";
  // ... so that the mean over the sentence cannot tell who sat on whom,
  std::cout << "without positions: " << same(pooled(token(a)), pooled(token(b))) << "\n";
  // and with positions it can.
  std::cout << "with positions: " << same(pooled(position(token(a))), pooled(position(token(b)))) << "\n";
  // The tanh matters: a plain mean of sums is the mean of words plus the mean of positions, and those do not
  // change when words trade places. Networks that use positions always have something that is not linear.
  std::cout << "with positions, plain mean: "
            << same(mean(position(token(a)), {0}), mean(position(token(b)), {0})) << "\n";
}
// Prints:
// cat, first or last: the same
// without positions: the same
// with positions: different
// with positions, plain mean: the same
