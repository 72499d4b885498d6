// "Words of similar context converge", tested: a generated corpus whose classes are known.
#include <cmath>
#include <cstring>
#include <string>

#include "catch.h"
#include "lexigrad/data/corpora/planted_corpus.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/loop/trainer.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/methods/sgd.h"
#include "lexigrad/train/vectors/vector_scores.h"

using namespace lexigrad;

namespace {

struct Trained {
  train::PlantedScores before, after;
};

Trained train_on(const data::PlantedCorpus& corpus, const std::string& optimizer_name,
                 const std::string& encoder, int64_t epochs) {
  auto tokenizer = data::WordTokenizer::from_text(corpus.text);
  data::NextTokenDataset dataset(tokenizer.encode(corpus.text), {.max_length = 8});
  data::DataLoader loader(dataset, {.batch_size = 64, .shuffle = true, .seed = 3});
  manual_seed(3);
  nn::NextTokenModel model(
      {.vocabulary = tokenizer.vocabulary_size(), .dim = 32, .max_length = 8, .encoder = encoder});
  std::unique_ptr<optim::Optimizer> optimizer;
  if (optimizer_name == "adam")
    optimizer = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 0.02});
  else
    optimizer = std::make_unique<optim::SGD>(
        model.parameters(), optim::SGDOptions{.lr = 1, .momentum = 0.9, .weight_decay = 1e-4});
  auto scores = [&] {
    const float* rows = model.token().weight().data<float>();
    return train::planted_scores(corpus.truth, 32, [&](const std::string& word) {
      int64_t id = tokenizer.vocabulary().find(word);
      return id < 0 ? nullptr : rows + id * 32;
    });
  };
  Trained result{scores(), {}};
  train::Trainer trainer([&](const Tensor& x, const Tensor& y) { return model.loss(x, y); }, *optimizer,
                         loader);
  for (int64_t step = 0; step < epochs * loader.size(); ++step) trainer.step();
  result.after = scores();
  return result;
}

}  // namespace

TEST_CASE("words of one class converge, controls of the same frequency do not", "[planted]") {
  data::PlantedCorpus corpus = data::make_planted_corpus({.seed = 11});
  for (const char* optimizer : {"adam", "sgd"})
    for (const std::string encoder : {"none", "mean"}) {
      if (std::string(optimizer) == "sgd" && encoder == "none") continue;
      Trained t = train_on(corpus, optimizer, encoder, 8);
      INFO(optimizer << (encoder == "mean" ? " mean" : " none") << ": precision " << t.after.precision
                     << ", AUC " << t.after.auc << ", controls " << t.after.control_share << "; untrained "
                     << t.before.precision << ", " << t.before.auc);
      CHECK(std::abs(t.before.auc - 0.5) < 0.03);
      CHECK(t.before.precision < 0.2);
      CHECK(t.after.precision >= 0.99);
      CHECK(t.after.auc >= 0.99);
      // All neighbours of a control may come from one class: 20 controls make 20 draws of chance 1 / 10.
      CHECK(std::abs(t.after.control_share - t.after.chance) < 3 * std::sqrt(0.1 * 0.9 / 20));
    }
}
