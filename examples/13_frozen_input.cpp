// Trained vectors become the frozen input of the next model.
#include <lexigrad/lexigrad.h>

#include <algorithm>
#include <cstdio>

using namespace lexigrad;

// Trains a classifier (which class is this word of?) over a frozen table, on every other word; returns its
// share of right answers on the words between them.
double accuracy(const data::PlantedCorpus& corpus, const data::Vocabulary& vocabulary, const Tensor& table) {
  std::vector<int64_t> ids[2], classes[2];
  for (size_t c = 0; c < corpus.truth.classes.size(); ++c)
    for (size_t w = 0; w < corpus.truth.classes[c].words.size(); ++w) {
      ids[w % 2].push_back(vocabulary.id_of(corpus.truth.classes[c].words[w]));
      classes[w % 2].push_back(static_cast<int64_t>(c));
    }
  manual_seed(1);
  nn::Sequential model(nn::Embedding::from_pretrained(table), nn::Linear(table.size(1), 10));
  Tensor before = table.clone();
  optim::Adam optimizer(model.parameters(), {.lr = 0.05});
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    nn::cross_entropy(model(tensor(ids[0])), tensor(classes[0])).backward();
    optimizer.step();
  }
  if (!equal(before, table)) std::printf("the frozen table moved!\n");
  std::vector<float> logits = model(tensor(ids[1])).to_vector<float>();
  double right = 0;
  for (size_t i = 0; i < ids[1].size(); ++i) {
    auto row = logits.begin() + static_cast<int64_t>(i) * 10;
    right += std::max_element(row, row + 10) - row == classes[1][i];
  }
  return right / static_cast<double>(ids[1].size());
}

int main() {
  manual_seed(123);
  auto corpus = data::make_planted_corpus({.sentences = 6000});
  auto tokenizer = data::WordTokenizer::from_text(corpus.text);
  nn::NextTokenModel model({.vocabulary = tokenizer.vocabulary_size(), .dim = 32, .max_length = 8});
  Tensor untrained = model.token().weight().detach().clone();
  optim::Adam optimizer(model.parameters(), {.lr = 0.02});
  data::DataLoader loader(data::NextTokenDataset(tokenizer.encode(corpus.text), {.max_length = 8}),
                          {.batch_size = 64, .shuffle = true});
  for (int epoch = 0; epoch < 4; ++epoch)
    for (auto [inputs, targets] : loader) {
      optimizer.zero_grad();
      model.loss(inputs, targets).backward();
      optimizer.step();
    }
  std::vector<std::string> words;
  for (int64_t id = 0; id < tokenizer.vocabulary_size(); ++id)
    words.emplace_back(tokenizer.vocabulary().token(id));
  train::save_vectors("vectors.safetensors", {words, model.token().weight().detach()});

  Tensor trained = train::load_vectors("vectors.safetensors").rows;
  double random = accuracy(corpus, tokenizer.vocabulary(), untrained);
  double reused = accuracy(corpus, tokenizer.vocabulary(), trained);
  std::printf("right classes of words never shown: %.0f %% over random vectors, %.0f %% over trained ones\n",
              100 * random, 100 * reused);
  return random < 0.3 && reused > 0.9 ? 0 : 1;
}
// Prints:
// right classes of words never shown: ~8 % over random vectors, ~99 % over trained ones
