// Two corpora of different sizes mixed by weights: what batches hold, and how often each corpus was gone through.
#include <lexigrad/lexigrad.h>

#include <iostream>
using namespace lexigrad;

int main() {
  const std::string large = data::make_planted_corpus({.seed = 1, .sentences = 8000}).text,
                    small = data::make_planted_corpus({.seed = 2, .sentences = 2200}).text;
  auto words = data::WordTokenizer::from_text(large + "\n" + small);  // one vocabulary for both
  data::NextTokenDataset first(words.encode(large), {.max_length = 16}),
      second(words.encode(small), {.max_length = 16});
  std::cout << first.size() << " and " << second.size() << " windows\n";

  data::MixedDataset mixed({first, second}, {0.7, 0.3});
  data::DataLoader loader(mixed, {.batch_size = 10, .shuffle = true, .seed = 1});
  for (int64_t batch : {0, 1, 2}) {
    int64_t of_first = 0;
    for (int64_t window : loader.sampler().epoch(0)[batch]) of_first += window < first.size();
    std::cout << "batch " << batch << ": " << of_first << " windows of the first\n";
  }

  manual_seed(1);
  nn::NextTokenModel model({.vocabulary = words.vocabulary_size(), .dim = 16, .max_length = 16});
  optim::Adam optimizer(model.parameters(), {.lr = 0.02, .rows = optim::Rows::lazy});
  for (auto [inputs, targets] : loader) {
    optimizer.zero_grad();
    nn::cross_entropy(model(inputs), targets).backward();
    optimizer.step();
  }
  const std::vector<double> passes = loader.sampler().passes(1, 0);  // before batch 0 of epoch 1
  std::cout.precision(2);
  std::cout << std::fixed << "gone through " << passes[0] << " and " << passes[1] << " times\n";

  loader.seek(0, 7);  // a position is all there is to save
  auto again = *loader.begin();
  std::cout << "batch 7 again: " << equal(again.inputs, mixed.gather(loader.sampler().epoch(0)[7]).inputs)
            << "\n";
}
// Prints:
// 3431 and 946 windows
// batch 0: 7 windows of the first
// batch 1: 7 windows of the first
// batch 2: 7 windows of the first
// gone through 0.89 and 1.39 times
// batch 7 again: 1
