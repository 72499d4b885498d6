// A dataset, a way to join its samples and a loss of your own: trained, killed and resumed to the same bytes.
#include <lexigrad/lexigrad.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
using namespace lexigrad;
struct Sentences {  // of 2 to 6 words out of 40
  int64_t size() const { return 600; }
  std::vector<int64_t> get(int64_t i) const {
    CounterRng random(7, static_cast<uint64_t>(i));
    std::vector<int64_t> words(random.below(5, 0, 0) + 2);
    for (size_t w = 0; w < words.size(); ++w) words[w] = static_cast<int64_t>(random.below(40, 1, w));
    return words;
  }
};
struct Batch {
  Tensor words, starts, odd;  // all words in a row, where each sentence starts, how many of its words are odd
};
Batch join(const std::vector<std::vector<int64_t>>& sentences) {
  std::vector<int64_t> words, starts;
  std::vector<float> odd;
  for (const auto& sentence : sentences) {
    starts.push_back(std::ssize(words));
    odd.push_back(0);
    for (int64_t word : sentence) words.push_back(word), odd.back() += word % 2;
  }
  return {tensor(words), tensor(starts), tensor(odd)};
}
struct Die : train::Callback {  // as a machine that loses its power after step 140
  void after_step(train::RunState& run) override { run.step() == 140 ? raise(SIGKILL) : 0; }
};
void run(const std::string& folder, std::vector<train::Callback*> callbacks) {
  manual_seed(1);
  nn::EmbeddingBag score(40, 1, {.mode = Bag::sum});
  optim::Adam adam(score.parameters(), {.lr = 0.02});
  data::DataLoader loader(data::Collated(Sentences(), join), {.batch_size = 32, .shuffle = true});
  auto loss = [&](const Batch& b) { return nn::mse(sum(score(b.words, b.starts), {1}), b.odd); };
  train::Trainer trainer(loss, adam, loader);
  train::resume_from(folder, score, adam, trainer);
  train::Save save(folder, 25, score, adam, {});
  callbacks.push_back(&save);
  std::cout << folder << " from step " << trainer.position().step << ", loss ";
  train::train_to(trainer, 300, callbacks);
  std::cout << train::evaluate(loss, loader) << "\n";
}
int main() {
  for (std::string folder : {"whole", "killed"})
    std::filesystem::remove_all(folder), std::filesystem::create_directory(folder);
  if (Die die; fork() == 0) run("killed", {&die});
  wait(nullptr);
  for (std::string folder : {"killed", "whole"}) run(folder, {});
  auto bytes = [](std::string run) { return data::read_text(run + "/checkpoint.safetensors"); };
  std::cout << (bytes("killed") == bytes("whole") ? "the same bytes\n" : "other bytes\n");
}
// Prints:
// killed from step 125, loss ~0.01146
// whole from step 0, loss ~0.01146
// the same bytes
