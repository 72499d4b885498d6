// A dataset, a way to join its samples and a loss of your own: trained, killed and resumed to the same bytes.
#include <lexigrad/lexigrad.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
using namespace lexigrad;

struct Sentences {  // 600 of 2 to 6 words out of 40
  int64_t size() const { return 600; }
  std::vector<int64_t> get(int64_t i) const {
    CounterRng random(7, static_cast<uint64_t>(i));
    std::vector<int64_t> words(random.below(5, 0, 0) + 2);
    for (size_t w = 0; w < words.size(); ++w) words[w] = static_cast<int64_t>(random.below(40, 1, w));
    return words;
  }
};
struct Batch {
  Tensor words, starts, good;  // all words in a row, where each sentence starts, 1 where most words are even
};
Batch join(const std::vector<std::vector<int64_t>>& sentences) {
  std::vector<int64_t> words, starts;
  std::vector<float> good;
  for (const auto& s : sentences) {
    starts.push_back(static_cast<int64_t>(words.size()));
    words.insert(words.end(), s.begin(), s.end());
    auto even = std::count_if(s.begin(), s.end(), [](int64_t word) { return word % 2 == 0; });
    good.push_back(2 * even > static_cast<int64_t>(s.size()) ? 1 : 0);
  }
  return {tensor(words), tensor(starts), tensor(good)};
}
struct Die : train::Callback {  // as a machine that loses its power after step 140
  void after_step(train::RunState& run) override { run.step() == 140 ? std::raise(SIGKILL) : 0; }
};
void run(const std::string& folder, std::vector<train::Callback*> callbacks) {
  manual_seed(1);
  nn::EmbeddingBag score(40, 1);
  optim::Adam adam(score.parameters(), {.lr = 0.02});
  data::DataLoader loader(data::Collated(Sentences(), join), {.batch_size = 32, .shuffle = true});
  auto loss = [&](const Batch& b) { return nn::bce_with_logits(score(b.words, b.starts)[0], b.good); };
  train::Trainer trainer(loss, adam, loader);
  if (train::has_checkpoint(folder)) trainer.restore(train::load_checkpoint(folder, score, adam).position, {});
  train::Save save(folder, 25, score, adam, {});
  callbacks.push_back(&save);
  std::cout << folder << ": step " << trainer.position().step << ", loss " << train::evaluate(loss, loader);
  train::train_to(trainer, 300, callbacks);
  std::cout << " -> " << train::evaluate(loss, loader) << "\n";
}
int main() {
  for (const char* folder : {"whole", "killed"}) std::filesystem::create_directories(folder);
  if (Die die; fork() == 0) run("killed", {&die});
  wait(nullptr);
  for (const char* folder : {"killed", "whole"}) run(folder, {});
  auto bytes = [](std::string folder) { return data::read_text(folder + "/" + train::kCheckpointFile); };
  std::cout << (bytes("killed") == bytes("whole") ? "the same bytes" : "other bytes") << "\n";
}
// Prints:
