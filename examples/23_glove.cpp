// GloVe: words that stand near each other counted once, and vectors learnt from the counts alone.
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

int main() {
  manual_seed(1);
  const std::string text = data::make_planted_corpus({.sentences = 6000}).text;
  const auto tokenizer = data::WordTokenizer::from_text(text);
  const std::vector<int64_t> ids = tokenizer.encode(text);
  const int64_t words = tokenizer.vocabulary_size(), dim = 32;

  // Windows go over the ends of sentences (with .document_ends they would not): pairs that never occur teach GloVe
  // nothing, and the few of two classes that meet by chance are what tells the classes apart.
  data::Cooccurrences counts = data::cooccurrences(ids, words, {.window = 5});
  std::cout << ids.size() << " tokens, " << counts.pairs() << " pairs that occur\n";
  data::DataLoader loader(data::CountedPairDataset(counts), {.batch_size = 64, .shuffle = true});

  auto table = [&](int64_t width) { return ((rand({words, width}) - 0.5) / dim).requires_grad_(); };
  const nn::GloveTables tables{table(dim), table(dim), table(1), table(1)};
  // What the program does at --eta 0.05: its sums of squares begin at 1 and are of eta times a gradient, of biases of
  // the gradient alone, so that these take up how frequent words are before the vectors do.
  optim::Adagrad vectors_by({tables.words, tables.contexts}, {.lr = 1, .initial_accumulator_value = 400}),
      biases_by({tables.word_bias, tables.context_bias}, {.lr = 1, .initial_accumulator_value = 1});
  std::cout.precision(2);
  for (int epoch = 0; epoch < 20; ++epoch) {
    double loss = 0;
    for (const auto& [rows, columns, count] : loader) {
      vectors_by.zero_grad(), biases_by.zero_grad();
      nn::Loss error = 0.5 * nn::glove(tables, rows, columns, count, {.x_max = 10});
      error.sum.backward();
      vectors_by.step(), biases_by.step();
      loss += error.sum.item<double>();
    }
    if (epoch % 5 == 0 || epoch == 19)
      std::cout << "epoch " << epoch << ": " << loss / static_cast<double>(counts.pairs()) << "\n";
  }
  const Tensor vectors = (tables.words + tables.contexts).detach();  // as a word and as a context
  std::cout << "cat and dog: " << cosine(vectors, tokenizer.vocabulary(), "cat", "dog") << "\n";
  for (const auto& [word, similarity] : neighbors(vectors, tokenizer.vocabulary(), "cat", 2))
    std::cout << word << " " << similarity << "\n";
}
// Prints:
// 41234 tokens, 38232 pairs that occur
// epoch 0: ~0.16
// epoch 5: ~0.12
// epoch 10: ~0.035
// epoch 15: ~0.021
// epoch 19: ~0.017
// cat and dog: ~0.98
// dog ~0.98
// trots ~0.95
