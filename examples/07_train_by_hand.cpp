// Text in, trained vectors out: the whole loop by hand.
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

int main() {
  manual_seed(123);
  std::string text = data::make_planted_corpus({.sentences = 6000}).text;  // or data::read_text("book.txt")
  auto tokenizer = data::WordTokenizer::from_text(text);
  data::NextTokenDataset dataset(tokenizer.encode(text), {.max_length = 16});
  data::DataLoader loader(dataset, {.batch_size = 32, .shuffle = true});
  nn::NextTokenModel model({.vocabulary = tokenizer.vocabulary_size(), .dim = 32, .max_length = 16});
  optim::Adam optimizer(model.parameters(), {.lr = 0.02, .rows = optim::Rows::lazy});
  for (int epoch = 0; epoch < 4; ++epoch)
    for (auto [inputs, targets] : loader) {
      optimizer.zero_grad();
      auto loss = nn::cross_entropy(model(inputs), targets);  // Loss{sum, count}
      loss.backward();
      optimizer.step();
    }
  std::cout.precision(2);
  for (const auto& [word, similarity] : neighbors(model.token().weight(), tokenizer.vocabulary(), "cat", 5))
    std::cout << word << " " << similarity << "\n";
}
// Prints:
// dog ~0.8
// horse ~0.73
// goat ~0.72
// cow ~0.67
// pig ~0.65
