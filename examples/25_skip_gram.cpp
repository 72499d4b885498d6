// Skip-gram: words are learnt from the words around them, and those of like company converge.
#include <lexigrad/lexigrad.h>

#include <cstdio>
using namespace lexigrad;

int main() {
  const data::PlantedCorpus corpus = data::make_planted_corpus({.sentences = 6000});
  const auto tokenizer = data::WordTokenizer::from_text(corpus.text);
  std::vector<int64_t> ids, ends;  // a sentence is a line
  for (size_t at = 0, end; at < corpus.text.size(); at = end + 1) {
    end = corpus.text.find('\n', at);
    for (int64_t id : tokenizer.encode(corpus.text.substr(at, end - at))) ids.push_back(id);
    ends.push_back(std::ssize(ids));
  }
  std::vector<int64_t> occurrences(static_cast<size_t>(tokenizer.vocabulary_size()), 0);
  for (int64_t id : ids) ++occurrences[static_cast<size_t>(id)];

  manual_seed(123);
  nn::SkipGram model(occurrences, {.dim = 32, .subsample = 1e-3});
  optim::SGD sgd(model.parameters(), {.lr = 0.05, .rows = optim::Rows::lazy});
  data::DataLoader loader(data::SentenceDataset(ids, {.ends = ends}), {.batch_size = 4, .shuffle = true});
  // word2vec's rate is for one pair: gradients are sums, and a row that many pairs of a batch pull moves no
  // farther than others.
  train::Trainer trainer([&](const Tensor& sentences) { return model(sentences); }, sgd, loader,
                         {.sum_gradients = true, .clip_row = 15});
  for (int epoch = 1; epoch <= 8; ++epoch) {
    for (int64_t i = 0; i < loader.size(); ++i) trainer.step();
    double loss = trainer.take_tally().mean();
    if (epoch == 1 || epoch == 8) std::printf("epoch %d: loss %.2f a pair\n", epoch, loss);
  }
  const Tensor vectors = model.token().weight().detach();
  for (const char* word : {"dog", "apple"})
    std::printf("cosine of cat and %s: %.2f\n", word,
                cosine(vectors, tokenizer.id_of("cat"), tokenizer.id_of(word)));
}
// Prints:
// epoch 1: loss ~3.00 a pair
// epoch 8: loss ~1.69 a pair
// cosine of cat and dog: ~0.97
// cosine of cat and apple: ~0.2
