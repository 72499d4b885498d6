#include "lexigrad/data/datasets/token_file.h"

#include <cstring>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/data/tokenizers/bpe_tokenizer.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using Strings = std::vector<std::string>;

namespace {

data::TokenFileSizes write(const data::Tokenizer& tokenizer, const Strings& paths, const std::string& out) {
  data::Documents documents(paths);
  return data::encode_file(tokenizer, documents, out);
}

std::vector<int64_t> ids_in(const data::TokenArray& tokens) {
  std::vector<int64_t> out(static_cast<size_t>(tokens.size()));
  tokens.copy(0, tokens.size(), out.data());
  return out;
}

struct Written {
  Folder folder;
  data::WordTokenizer words = data::WordTokenizer::from_text("the cat and the dog . a bird");
  std::string path = folder / "c.tokens";
  Written() {
    spill(folder / "1", "the cat and\nthe dog.");
    spill(folder / "2", "a bird and a horse");
    write(words, {folder / "1", folder / "2"}, path);
  }
};

uint64_t number_at(const std::string& bytes, size_t at, size_t size) {
  uint64_t out = 0;
  std::memcpy(&out, bytes.data() + at, size);
  return out;
}

}  // namespace

TEST_CASE("a token file has the ids, the documents' ends and the tokenizer", "[token_file]") {
  Written w;
  data::TokenFile file(w.path);
  std::vector<int64_t> expected = w.words.encode("the cat and\nthe dog."),
                       second = w.words.encode("a bird and a horse");
  expected.insert(expected.end(), second.begin(), second.end());
  CHECK(ids_in(file.tokens()) == expected);
  CHECK(file.document_ends() == std::vector<int64_t>{6, 11});
  CHECK(file.sizes().tokens == 11);
  CHECK(file.sizes().documents == 2);
  CHECK(file.sizes().text_bytes == 20 + 18);
  CHECK(file.tokenizer()->saved() == w.words.saved());
  CHECK(file.tokens().bytes() == 0);
  CHECK(file.tokens().width() == 2);
}

// Read by its description in docs/corpora.md, not by our reader.
TEST_CASE("a token file is as it is described to the byte", "[token_file]") {
  Written w;
  const std::string bytes = slurp(w.path), saved = w.words.saved();
  CHECK(bytes.substr(0, 8) == "LXTOKENS");
  CHECK(number_at(bytes, 8, 4) == 1);
  CHECK(number_at(bytes, 12, 4) == 2);
  CHECK(number_at(bytes, 16, 8) == 11);
  CHECK(number_at(bytes, 24, 8) == 2);
  CHECK(number_at(bytes, 32, 8) == saved.size());
  CHECK(number_at(bytes, 40, 8) == 38);
  Xxh64 vocabulary, rest, all;
  vocabulary.update(saved);
  CHECK(number_at(bytes, 48, 8) == vocabulary.digest());
  rest.update(std::string_view(bytes).substr(64));
  uint64_t digest = rest.digest();
  all.update(std::string_view(bytes).substr(0, 56));
  all.update(&digest, 8);
  CHECK(number_at(bytes, 56, 8) == all.digest());
  CHECK(number_at(bytes, 64, 2) == static_cast<uint64_t>(w.words.id_of("the")));
  CHECK(bytes.substr(86, 2) == std::string(2, '\0'));
  CHECK(number_at(bytes, 88, 8) == 6);
  CHECK(number_at(bytes, 96, 8) == 11);
  CHECK(bytes.substr(104) == saved);
}

TEST_CASE("ids of a large vocabulary take four bytes in a token file", "[token_file]") {
  Folder folder;
  std::string text;
  for (int i = 0; i < 70'000; ++i) text += "w" + std::to_string(i) + (i % 10 == 9 ? "\n" : " ");
  spill(folder / "t", text);
  auto words = data::WordTokenizer::from_text(text);
  write(words, {folder / "t"}, folder / "c");
  data::TokenFile file(folder / "c");
  CHECK(file.tokens().width() == 4);
  CHECK(ids_in(file.tokens()) == words.encode(text));
  CHECK(file.tokens()[69'999] == words.id_of("w69999"));
}

TEST_CASE("windows of a token file are those of its ids", "[token_file]") {
  Folder folder;
  std::string text;
  CounterRng random(4);
  for (uint64_t i = 0; i < 200'000; ++i) text += static_cast<char>('a' + random.below(26, 0, i)), text += ' ';
  spill(folder / "t", text);
  auto words = data::WordTokenizer::from_text(text);
  write(words, {folder / "t"}, folder / "c");
  data::TokenArray kept = data::TokenFile(folder / "c").tokens();
  const std::vector<int64_t> ids = words.encode(text);
  CHECK(ids_in(kept) == ids);  // more than is read at a time
  std::vector<int64_t> parts;
  kept.slice(5, 150'000).for_each_part([&](auto part) {
    parts.insert(parts.end(), part.begin(), part.end());
  });
  CHECK(parts == std::vector<int64_t>(ids.begin() + 5, ids.begin() + 150'000));
  data::NextTokenDataset from_file(kept.slice(7, kept.size()), {.max_length = 16}),
      from_memory(data::TokenArray(ids).slice(7, kept.size()), {.max_length = 16});
  const std::vector<int64_t> windows = {0, 9000, 17, from_file.size() - 1};
  auto a = from_file.gather(windows), b = from_memory.gather(windows);
  CHECK(std::equal(a.inputs.data<int64_t>(), a.inputs.data<int64_t>() + a.inputs.numel(),
                   b.inputs.data<int64_t>()));
  CHECK(std::equal(a.targets.data<int64_t>(), a.targets.data<int64_t>() + a.targets.numel(),
                   b.targets.data<int64_t>()));
}

TEST_CASE("a token file that is cut or changed is refused", "[token_file]") {
  Written w;
  const std::string good = slurp(w.path), path = w.folder / "bad";
  for (size_t size = 1; size < good.size(); ++size) {
    spill(path, good.substr(0, size));
    CHECK_THROWS_AS(data::TokenFile(path), FileError);
  }
  for (size_t at = 0; at < good.size(); ++at)
    for (int bit : {0, 7}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
      spill(path, bad);
      CHECK_THROWS_AS(data::TokenFile(path), FileError);
    }
  spill(path, good + "x");
  CHECK_THAT(message_of<FileError>([&] { data::TokenFile file(path); }), Contains("does not fit its size"));
  spill(path, "no token file, and longer than the header of one: so its first bytes decide");
  CHECK_THAT(message_of<FileError>([&] { data::TokenFile file(path); }), Contains("no token file"));
  CHECK(!data::TokenFile::is_one(path));
  CHECK(!data::TokenFile::is_one(w.folder / "none"));
  CHECK(data::TokenFile::is_one(w.path));
  std::string newer = good;
  newer[8] = 9;
  spill(path, newer);
  CHECK_THAT(message_of<FileError>([&] { data::TokenFile file(path); }), Contains("version 9"));
}

TEST_CASE("a token file that is cut while it is read is an error, not a signal", "[token_file]") {
  Written w;
  data::TokenFile file(w.path);
  std::filesystem::resize_file(w.path, 70);
  CHECK_THAT(message_of<FileError>([&] { ids_in(file.tokens()); }), Contains("too early"));
}

TEST_CASE("a failing text leaves no token file, and the one before", "[token_file]") {
  Written w;
  const std::string before = slurp(w.path);
  CHECK_THROWS_AS(write(w.words, {w.folder / "1", w.folder / "none"}, w.path), FileError);
  CHECK(slurp(w.path) == before);
}
