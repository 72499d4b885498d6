// Four ways to turn words into numbers: random numbers, one-hot, features, trained vectors.
#include <lexigrad/lexigrad.h>

#include <cmath>
#include <cstdio>

using namespace lexigrad;

// Trains vectors on a generated text in which words of one class stand in the same contexts.
double trained_cosine(const char* a, const char* b) {
  static const auto corpus = data::make_planted_corpus({.sentences = 6000});
  static const auto tokenizer = data::WordTokenizer::from_text(corpus.text);
  static const Tensor table = [] {
    manual_seed(123);
    nn::NextTokenModel model({.vocabulary = tokenizer.vocabulary_size(), .dim = 32, .max_length = 8});
    optim::Adam optimizer(model.parameters(), {.lr = 0.02});
    data::DataLoader loader(data::NextTokenDataset(tokenizer.encode(corpus.text), {.max_length = 8}),
                            {.batch_size = 64, .shuffle = true});
    for (int epoch = 0; epoch < 4; ++epoch)
      for (auto [inputs, targets] : loader) {
        optimizer.zero_grad();
        model.loss(inputs, targets).backward();
        optimizer.step();
      }
    return model.token().weight().detach();
  }();
  return cosine(table, tokenizer.vocabulary(), a, b);
}

int main() {
  // 1. A random number a word says nothing: -13 (kitten) is nearer to -20 (tablet) than to 34 (cat).
  const double cat = 34, tablet = -20, kitten = -13;
  std::printf("random numbers: kitten-cat %g apart, kitten-tablet %g apart\n", std::abs(kitten - cat),
              std::abs(kitten - tablet));

  // 2. One-hot: all pairs are equally far from each other, cat and dog as cat and apple.
  Tensor words = one_hot(arange(3), 3);
  double distance = std::sqrt(sum(square(words[0] - words[1])).item<double>());
  std::printf("one-hot: cosine %.0f, distance %.4f for every pair\n", cosine(words, 0, 1), distance);

  // 3. Features by hand: lives, has legs, is eaten, is a pet, grows on trees.
  Tensor features = tensor({{0.9, 0.88, 0.1, 0.85, 0.0},    // cat
                            {0.95, 0.93, 0.05, 0.9, 0.0},   // dog
                            {0.0, 0.0, 0.95, 0.0, 0.98}});  // apple
  std::printf("features: cat-dog %.4f, cat-apple %.4f\n", cosine(features, 0, 1), cosine(features, 0, 2));
  Tensor counts = tensor({{23.0, 2.0, 19.0, 12.0, 35.0},  // dog
                          {31.0, 3.0, 21.0, 18.0, 31.0},  // cat
                          {1.0, 22.0, 0.0, 0.5, 5.0},     // apple
                          {2.0, 38.0, 0.0, 0.0, 7.0}});   // banana
  std::printf("features: dog-cat %.4f, apple-banana %.4f, cat-apple %.4f\n", cosine(counts, 0, 1),
              cosine(counts, 2, 3), cosine(counts, 1, 2));

  // 4. Trained: nobody wrote the features down, the contexts did.
  double dog = trained_cosine("cat", "dog"), apple = trained_cosine("cat", "apple");
  std::printf("trained: cat-dog %.2f, cat-apple %.2f\n", dog, apple);
  return dog > 0.5 && apple < 0.3 ? 0 : 1;
}
// Prints:
// random numbers: kitten-cat 47 apart, kitten-tablet 7 apart
// one-hot: cosine 0, distance 1.4142 for every pair
// features: cat-dog 0.9994, cat-apple 0.0457
// features: dog-cat 0.9793, apple-banana 0.9989, cat-apple 0.2225
// trained: cat-dog ~0.69, cat-apple ~0.07
