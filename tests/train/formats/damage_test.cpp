// Files cut at every 1,000th byte, and with each of 1,000 random bits turned over: refused with the reason where there
// is a checksum, and elsewhere read or refused, never a crash.
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/formats/module_file.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "support/throws.h"
#include "train/formats/folder.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

constexpr int64_t kFlips = 1000;
constexpr size_t kStride = 1000;

struct Trained {
  nn::NextTokenModel model{{.vocabulary = 500, .dim = 16, .max_length = 8}};
  optim::Adam adam{model.parameters()};
};

struct Damage {
  int64_t tried = 0, refused = 0;
};

// Calls read() with each damage done to the file, which is whole again behind it.
template <class Read>
Damage damage(const std::string& path, const Read& read) {
  const std::string whole = slurp(path);
  Damage out;
  auto see = [&](const std::string& bytes, const std::string& what) {
    spill(path, bytes);
    ++out.tried;
    try {
      read();
      UNSCOPED_INFO(what << " was read");
    } catch (const std::exception& error) {  // FileError, and std::invalid_argument of no known format
      const std::string reason = error.what();
      ++out.refused;
      if (!reason.starts_with("[") || reason.find(path.substr(path.rfind('/'))) == reason.npos)
        FAIL(what << ": " << reason);
    }
  };
  for (size_t size = 0; size < whole.size(); size += kStride)
    see(whole.substr(0, size), text("cut at ", size));
  CounterRng random(11);
  for (uint64_t i = 0; i < kFlips; ++i) {
    uint64_t bit = random.below(8 * whole.size(), 0, i);
    std::string turned = whole;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << bit % 8));
    see(turned, text("bit ", bit));
  }
  spill(path, whole);
  read();
  return out;
}

template <class Read>
void check_all_refused(const std::string& path, const Read& read) {
  Damage done = damage(path, read);
  CHECK(done.refused == done.tried);
  CHECK(done.tried > kFlips);
}

}  // namespace

TEST_CASE("a damaged checkpoint is refused, and the one before is good", "[damage]") {
  Folder folder;
  Trained t, other;
  for (int64_t step : {1, 2}) {
    t.model.loss(tensor({{0, 1}}), tensor({{1, 2}})).backward();
    t.adam.step();
    train::save_checkpoint(folder.path, {{step, 0, 0, 0}, {}, "{}", "0", "m"}, t.model, t.adam);
  }
  const std::string path = folder / "checkpoint.safetensors";
  int64_t offered = 0;
  check_all_refused(path, [&] {
    try {
      train::load_checkpoint(folder.path, other.model, other.adam);
    } catch (const FileError& error) {
      offered += std::string(error.what()).find("rename it to checkpoint.safetensors") != std::string::npos;
      throw;
    }
  });
  CHECK(offered > kFlips);
  spill(path, slurp(path).substr(0, 5000));
  std::filesystem::rename(folder / "checkpoint.previous.safetensors", path);
  CHECK(train::load_checkpoint(folder.path, other.model, other.adam).position.step == 1);
}

TEST_CASE("a damaged model, vectors or tokenizer of ours is refused", "[damage]") {
  Folder folder;
  Trained t, other;
  train::save_module(folder / "model.safetensors", t.model);
  check_all_refused(folder / "model.safetensors",
                    [&] { train::load_module(folder / "model.safetensors", other.model); });
  std::string words = random_text(700, 6000);
  auto tokenizer = data::WordTokenizer::from_text(words);
  train::WordVectors vectors{{}, randn({tokenizer.vocabulary_size(), 8})};
  for (int64_t id = 0; id < tokenizer.vocabulary_size(); ++id)
    vectors.words.emplace_back(tokenizer.vocabulary().token(id));
  train::save_vectors(folder / "a.safetensors", vectors);
  check_all_refused(folder / "a.safetensors", [&] { train::load_vectors(folder / "a.safetensors"); });
  tokenizer.save(folder / "tokenizer.txt");
  check_all_refused(folder / "tokenizer.txt", [&] { data::load_tokenizer(folder / "tokenizer.txt"); });
}

TEST_CASE("damaged files without a checksum are read or refused", "[damage]") {
  Folder folder;
  WarningHandler quiet([](const std::string&) {});
  train::WordVectors vectors{{}, randn({200, 8})};
  for (int64_t i = 0; i < 200; ++i) vectors.words.push_back(text("word", i));
  for (const char* name : {"a.vec", "a.npy", "a.tsv"}) {
    INFO(name);
    train::save_vectors(folder / name, vectors);
    Damage done = damage(folder / name, [&] { train::load_vectors(folder / name); });
    CHECK(done.refused >= 6);  // what is cut
  }
  std::string binary = "200 8\n";
  for (int64_t i = 0; i < 200; ++i) {
    const auto* row = reinterpret_cast<const char*>(vectors.rows.data<float>() + 8 * i);
    binary += vectors.words[static_cast<size_t>(i)] + ' ' + std::string(row, 32) + '\n';
  }
  spill(folder / "a.bin", binary);
  CHECK(damage(folder / "a.bin", [&] { train::load_vectors(folder / "a.bin"); }).refused >= 8);
}
