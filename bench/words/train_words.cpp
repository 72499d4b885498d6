// Vectors of one text's words, for compare.py: lexigrad_train_words skipgram|cbow TEXT THREADS EPOCHS SEED OUT.vec. Words stand
// between blanks, a sentence is a line; words that occur less than five times are left out. Prints one JSON line.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "../timing.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/lexigrad.h"

using namespace lexigrad;

namespace {

struct Text {
  std::vector<std::string> words;
  std::vector<int64_t> occurrences, ids, ends;
  int64_t size = 0;  ///< in words, rare ones too
};

// Calls word(w) for each word and line() behind each line.
template <class Word, class Line>
void read(std::string_view text, const Word& word, const Line& line) {
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = std::min(text.find_first_of(" \n", at), text.size());
    if (end > at) word(text.substr(at, end - at));
    if (end == text.size() || text[end] == '\n') line();
  }
}

Text read_text(const std::string& path) {
  const std::string text = read_file(path);
  data::Vocabulary all;
  Text out;
  read(
      text, [&](std::string_view w) { all.tally(w, 1), ++out.size; }, [] {});
  std::vector<int64_t> order, id_of(static_cast<size_t>(all.size()), -1);
  for (int64_t id = 0; id < all.size(); ++id)
    if (all.count(id) >= 5) order.push_back(id);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return all.count(a) > all.count(b); });
  for (int64_t id : order) {
    id_of[static_cast<size_t>(id)] = std::ssize(out.words);
    out.words.emplace_back(all.token(id));
    out.occurrences.push_back(all.count(id));
  }
  read(
      text,
      [&](std::string_view w) {
        if (int64_t id = id_of[static_cast<size_t>(all.find(w))]; id >= 0) out.ids.push_back(id);
      },
      [&] {
        if (std::ssize(out.ids) > (out.ends.empty() ? 0 : out.ends.back()))
          out.ends.push_back(std::ssize(out.ids));
      });
  return out;
}

template <class Model>
std::unique_ptr<nn::WordModel> make(const Text& text) {
  return std::make_unique<Model>(text.occurrences, nn::WordModelOptions{.dim = 100});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const bool cbow = std::string(argv[1]) == "cbow";
  set_num_threads(std::atoi(argv[3]));
  manual_seed(static_cast<uint64_t>(std::atoll(argv[5])));
  Text text;
  const double reading = bench::seconds([&] { text = read_text(argv[2]); });
  const std::unique_ptr<nn::WordModel> model = cbow ? make<nn::Cbow>(text) : make<nn::SkipGram>(text);
  optim::SGD sgd(model->parameters(), {.lr = cbow ? 0.2 : 0.05, .rows = optim::Rows::lazy});
  data::DataLoader loader(data::SentenceDataset(text.ids, {.ends = text.ends}),
                          {.batch_size = 8, .shuffle = true});
  const auto total = static_cast<double>(std::atoll(argv[4]) * loader.size());
  train::Trainer trainer([&](const Tensor& sentences) { return model->forward(sentences); }, sgd, loader,
                         {.sum_gradients = true, .clip_row = 15, .schedule = [&](int64_t step) {
                            return std::max(1e-4, 1 - static_cast<double>(step) / total);
                          }});
  double loss = 0;
  const double training = bench::seconds([&] {
    while (static_cast<double>(trainer.position().step) < total) trainer.step();
    loss = trainer.tally().mean();
  });
  train::save_vectors(argv[6], {text.words, model->token().weight().detach()});
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"seconds\": %.3f, \"reading\": %.3f, \"words\": %.0f, \"loss\": %.6f, \"peak_mb\": %.0f}\n",
              training, reading, static_cast<double>(text.size) * std::atof(argv[4]), loss,
              static_cast<double>(usage.ru_maxrss) / 1000);
}
