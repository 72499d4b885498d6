// Windows that overlap show each token many times in one epoch: the model learns the text by heart. A stride
// of max_length, the default, shows it once.
#include <lexigrad/lexigrad.h>

#include <cstdio>

using namespace lexigrad;

struct Losses {
  double training, validation;
};

// Four epochs at this stride, then the losses on windows of stride max_length, which count every token once.
Losses losses(const std::vector<int64_t>& training, const std::vector<int64_t>& validation,
              int64_t vocabulary, int64_t stride) {
  constexpr int64_t length = 8;
  manual_seed(123);
  nn::NextTokenModel model({.vocabulary = vocabulary, .dim = 32, .max_length = length, .encoder = "mean"});
  optim::Adam optimizer(model.parameters(), {.lr = 0.02});
  auto loss = [&](const Tensor& inputs, const Tensor& targets) { return model.loss(inputs, targets); };
  data::DataLoader loader(data::NextTokenDataset(training, {.max_length = length, .stride = stride}),
                          {.batch_size = 8, .shuffle = true});
  for (int epoch = 0; epoch < 4; ++epoch)
    for (auto [inputs, targets] : loader) {
      optimizer.zero_grad();
      loss(inputs, targets).backward();
      optimizer.step();
    }
  data::DataLoader seen(data::NextTokenDataset(training, {.max_length = length}));
  data::DataLoader unseen(data::NextTokenDataset(validation, {.max_length = length}));
  return {train::evaluate(loss, seen), train::evaluate(loss, unseen)};
}

int main() {
  std::string text = data::make_planted_corpus({.classes = 4, .sentences = 300, .min_count = 2}).text;
  auto tokenizer = data::WordTokenizer::from_text(text);
  std::vector<int64_t> ids = tokenizer.encode(text);
  auto cut = ids.begin() + static_cast<int64_t>(ids.size() * 8 / 10);
  std::vector<int64_t> training(ids.begin(), cut), validation(cut, ids.end());  // cut first, window later
  std::printf("stride   training   validation   gap\n");
  double gap[2];
  for (int64_t stride : {8, 1}) {
    Losses l = losses(training, validation, tokenizer.vocabulary_size(), stride);
    gap[stride == 1] = l.validation - l.training;
    std::printf("%6lld   %8.2f   %10.2f   %.2f\n", static_cast<long long>(stride), l.training, l.validation,
                l.validation - l.training);
  }
  return gap[1] > gap[0] ? 0 : 1;
}
// Prints:
// stride   training   validation   gap
//      8       ~2.24         ~3.45   ~1.20
//      1       ~1.45         ~3.75   ~2.30
