// A training in this process, again and again, with another of its allocations refused each time: std::bad_alloc or
// MemoryError comes out, and neither memory nor an open file stays behind. Each N-th allocation, N the argument; a program of its own, for
// it replaces operator new.
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/formats/module_file.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/optim/methods/adam.h"
#include "lexigrad/train/optim/weight_average.h"
#include "lexigrad/train/tables/paged_table.h"
#include "train/formats/folder.h"

using namespace lexigrad;

namespace {

std::atomic<int64_t> until_failure{0};  // 0 and less: none
std::atomic<int64_t> live_blocks{0};

bool fails() { return until_failure.load(std::memory_order_relaxed) > 0 && until_failure.fetch_sub(1) == 1; }

}  // namespace

// Under AddressSanitizer, which has a malloc of its own, LeakSanitizer looks for what malloc gave.
#if !LEXIGRAD_ADDRESS_SANITIZER
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* block);

void* counted(void* block) {
  if (block) live_blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}
void* malloc(size_t size) noexcept { return counted(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) noexcept { return counted(__libc_calloc(count, size)); }
void* realloc(void* block, size_t size) noexcept {
  void* moved = __libc_realloc(block, size);
  return block ? moved : counted(moved);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return counted(__libc_memalign(alignment, size));
}
void* memalign(size_t alignment, size_t size) noexcept { return counted(__libc_memalign(alignment, size)); }
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  *block = counted(__libc_memalign(alignment, size));
  return *block ? 0 : ENOMEM;
}
void free(void* block) noexcept {
  if (block) live_blocks.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(block);
}
}
#endif

void* operator new(size_t size) {
  void* block = fails() ? nullptr : std::malloc(size > 0 ? size : 1);
  if (!block) throw std::bad_alloc();
  return block;
}
void* operator new(size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<size_t>(alignment);
  void* block = fails() ? nullptr : std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (!block) throw std::bad_alloc();
  return block;
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return fails() ? nullptr : std::malloc(size > 0 ? size : 1);
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { operator delete(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { operator delete(block); }

namespace {

// The lowest number that no open file has.
int next_descriptor() {
  int number = ::dup(0);
  ::close(number);
  return number;
}

struct Live {
  int64_t blocks, bytes;
  int descriptor;
  bool operator==(const Live&) const = default;
};
Live live() { return {live_blocks.load(), memory_stats().live_bytes, next_descriptor()}; }

void train_rows_in_a_file(const std::string& path) {
  train::PagedTable table({.rows = 1000, .dim = 8, .memory = 6 << 20});
  table.make(path);
  const std::vector<int64_t> rows{3, 500, 999};
  for (int64_t step = 1; step < 4; ++step) {
    table.prefetch(rows);
    sum(square(table.take(rows))).backward();
    table.step(0.1);
    table.commit(step);
  }
  table.open(path, 2);
}

// Learns a tokenizer, trains a transformer, averages it, and writes and reads what came of it. No JSON: the
// destructors of nlohmann's values take memory, and end the process where there is none.
void run(const std::string& words, const std::string& folder) {
  std::filesystem::create_directory(folder);
  data::WordTokenizer::from_text(words).save(folder + "/tokenizer.txt");
  auto tokenizer = data::load_tokenizer(folder + "/tokenizer.txt");
  std::vector<int64_t> first = tokenizer->encode(words);
  first.resize(64);
  Tensor ids = from_values<int64_t>(first, {8, 8});
  nn::NextTokenModel model(
      {.vocabulary = tokenizer->vocabulary_size(), .dim = 8, .max_length = 8, .encoder = "attention"});
  optim::Adam adam(model.parameters());
  auto average = optim::WeightAverage::ema(model.parameters(), 0.9);
  for (int step = 0; step < 2; ++step) {
    adam.zero_grad();
    model.loss(ids, ids).backward();
    adam.step();
    average.update();
  }
  average.swap();
  train_rows_in_a_file(folder + "/rows");
  train::save_module(folder + "/model.safetensors", model);
  train::load_module(folder + "/model.safetensors", model);
  train::WordVectors vectors{{}, model.token().weight()};
  for (int64_t id = 0; id < tokenizer->vocabulary_size(); ++id)
    vectors.words.emplace_back(tokenizer->vocabulary().token(id));
  for (const char* name : {"/a.npy", "/a.vec", "/a.safetensors"}) {
    train::save_vectors(folder + name, vectors);
    train::load_vectors(folder + name);
  }
}

const char* refused(const std::string& words, const std::string& folder) {
  try {
    run(words, folder);
  } catch (const std::bad_alloc&) { return nullptr; } catch (const MemoryError&) {
    return nullptr;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return "another error";
  }
  return nullptr;
}

// Refuses the n-th allocation until a run leaves as much memory as it found: a cache takes a block once, what is lost
// is lost each time. `came` becomes false where a run has fewer allocations.
const char* finding_at(int64_t n, const std::string& words, const std::string& folder, bool& came) {
  for (int tries = 0; tries < 6; ++tries) {
    const Live before = live();
    until_failure = n;
    const char* finding = refused(words, folder);
    came = until_failure.exchange(0) <= 0;
    std::filesystem::remove_all(folder);
    if (finding || live() == before) return finding;
  }
  return "memory or an open file stays behind";
}

}  // namespace

int main(int count, char** arguments) {
  const int64_t stride = count > 1 ? std::atoll(arguments[1]) : 1;
  Folder folder;
  const std::string where = folder / "run";
  std::string words;
  for (int i = 0; i < 300; ++i) words += "w" + std::to_string(i * i % 37) + (i % 9 == 8 ? ".\n" : " ");
  for (int warm = 0; warm < 2; ++warm) {
    run(words, where);
    std::filesystem::remove_all(where);
  }
  int64_t n = 1, findings = 0;
  for (bool came = true; came; n += stride) {
    const char* finding = finding_at(n, words, where, came);
    if (!finding) continue;
    std::fprintf(stderr, "finding: allocation %lld: %s\n", static_cast<long long>(n), finding);
    if (++findings == 20) return 1;
  }
  std::printf("%lld allocations, each %lld-th refused\n", static_cast<long long>(n),
              static_cast<long long>(stride));
  return findings > 0 ? 1 : 0;
}
