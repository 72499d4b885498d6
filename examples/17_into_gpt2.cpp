// The tutorials' last step: trained vectors become the input of a transformer, frozen.
#include <lexigrad/lexigrad.h>

#include <cstdio>

using namespace lexigrad;

constexpr int64_t length = 8, dim = 32;

// Two epochs; returns the loss on windows that were not trained on.
double train_model(const nn::LanguageModel& model, const std::vector<int64_t>& ids) {
  auto cut = ids.begin() + static_cast<int64_t>(ids.size() * 9 / 10);
  data::DataLoader loader(
      data::NextTokenDataset(std::vector<int64_t>(ids.begin(), cut), {.max_length = length}),
      {.batch_size = 64, .shuffle = true});
  optim::AdamW optimizer(model.parameters(), {.lr = 0.01});
  for (int epoch = 0; epoch < 2; ++epoch)
    for (auto [inputs, targets] : loader) {
      optimizer.zero_grad();
      model.loss(inputs, targets).backward();
      optimizer.step();
    }
  data::DataLoader unseen(
      data::NextTokenDataset(std::vector<int64_t>(cut, ids.end()), {.max_length = length}));
  auto loss = [&](const Tensor& inputs, const Tensor& targets) { return model.loss(inputs, targets); };
  return train::evaluate(loss, unseen);
}

// A GPT-2 of one block over `table`, which stays as it is; its head reads the same table.
double gpt2_over(const Tensor& table, const std::vector<int64_t>& ids) {
  manual_seed(1);
  nn::Gpt2 model(
      {.vocabulary = table.size(0), .max_length = length, .dim = dim, .layers = 1, .heads = 2, .dropout = 0});
  Tensor rows = model.token().weight();
  rows.detach().copy_(table);
  rows.requires_grad_(false);
  double loss = train_model(model, ids);
  if (!equal(rows.detach(), table)) std::printf("the frozen table moved!\n");
  return loss;
}

int main() {
  manual_seed(123);
  std::string text = data::make_planted_corpus({.sentences = 6000}).text;
  auto tokenizer = data::WordTokenizer::from_text(text);
  std::vector<int64_t> ids = tokenizer.encode(text);
  nn::NextTokenModel vectors({.vocabulary = tokenizer.vocabulary_size(),
                              .dim = dim,
                              .max_length = length,
                              .bias = false,
                              .tied = true,
                              .init_std = 0.1});
  Tensor random = vectors.token().weight().detach().clone();
  std::printf("vectors alone                  %.2f\n", train_model(vectors, ids));
  double over_random = gpt2_over(random, ids),
         over_trained = gpt2_over(vectors.token().weight().detach(), ids);
  std::printf("GPT-2 over random vectors      %.2f\n", over_random);
  std::printf("GPT-2 over trained vectors     %.2f\n", over_trained);
  return over_trained < over_random ? 0 : 1;
}
// Prints:
// vectors alone                  ~4.12
// GPT-2 over random vectors      ~3.78
// GPT-2 over trained vectors     ~2.58
