// A folder of texts that need not fit into memory: counted, turned into a file of ids once, trained on from there.
#include <lexigrad/lexigrad.h>

#include <filesystem>
#include <iostream>
using namespace lexigrad;

int main() {
  const std::string folder = "texts", tokens = "texts.tokens";
  std::filesystem::remove_all(folder), std::filesystem::create_directory(folder);
  for (uint64_t seed : {1, 2, 3})  // a folder of one's own would stand here
    write_file_atomically(folder + "/" + std::to_string(seed) + ".txt",
                          data::make_planted_corpus({.seed = seed, .sentences = 4000}).text);

  data::Documents texts({folder});
  data::CorpusStatistics found;
  found.add(texts);
  std::cout << found.documents << " texts, " << found.words.total() << " words, "
            << found.words.words().size() << " of them different\n";

  auto words = data::WordTokenizer::from_text(*data::joined_texts(data::Documents({folder})));
  data::Documents again({folder});
  data::TokenFileSizes sizes = data::encode_file(words, again, tokens);
  std::cout << tokens << ": " << sizes.tokens << " ids of " << sizes.documents << " texts\n";

  data::TokenFile file(tokens);  // the ids stay in it
  data::NextTokenDataset dataset(file.tokens(), {.max_length = 16});
  data::DataLoader loader(dataset, {.batch_size = 32, .shuffle = true, .seed = 1});
  manual_seed(1);
  nn::NextTokenModel model({.vocabulary = words.vocabulary_size(), .dim = 32, .max_length = 16});
  optim::Adam optimizer(model.parameters(), {.lr = 0.02, .rows = optim::Rows::lazy});
  for (int epoch = 0; epoch < 3; ++epoch)
    for (auto [inputs, targets] : loader) {
      optimizer.zero_grad();
      nn::cross_entropy(model(inputs), targets).backward();
      optimizer.step();
    }
  std::cout.precision(2);
  for (const auto& [word, similarity] : neighbors(model.token().weight(), words.vocabulary(), "cat", 3))
    std::cout << word << " " << similarity << "\n";
}
// Prints:
// 3 texts, 82398 words, 404 of them different
// texts.tokens: 82398 ids of 3 texts
// dog ~0.79
// lion ~0.76
// fox ~0.75
