// A step of a small model with a memory of n-grams, in turn: rows in a file of 8 GiB under a limit of 1 GiB, and rows
// of a table that fits as a parameter. `lexigrad_paged_table FILE [GIB MIB STEPS]`; ids are random, so that nearly
// every n-gram is a row never met. The file is written in full first, and its pages are dropped from the system's
// cache between the steps of the second pass.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/memory/process_memory.h"
#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;

namespace {

constexpr int64_t kVocabulary = 8192, kDim = 64, kWindow = 128, kBatch = 16, kRowsThatFit = 1 << 21;

int64_t resident_mib() { return process_memory().resident >> 20; }

data::NextTokenDataset random_windows(int64_t count) {
  Tensor ids = randint(0, kVocabulary, {count * kWindow + 1});
  data::TokenArrayBuilder tokens(kVocabulary, ids.numel());
  tokens.append(ids.to_vector<int64_t>());
  return data::NextTokenDataset(std::move(tokens).finish(), {.max_length = kWindow});
}

nn::NextTokenModelOptions options_of(int64_t rows, std::shared_ptr<nn::RowTable> table) {
  nn::NextTokenModelOptions out;
  out.vocabulary = kVocabulary, out.dim = kDim, out.max_length = kWindow;
  out.encoder = "attention", out.layers = 2, out.init_std = 0.02;
  out.ngram_rows = rows, out.ngram_table = std::move(table);
  return out;
}

// A model, what trains it, and its steps.
struct Side {
  data::DataLoader<data::NextTokenDataset> loader;
  std::shared_ptr<train::PagedTable> table;
  nn::NextTokenModel model;
  optim::Adagrad optimizer;
  train::Trainer trainer;

  Side(int64_t rows, int64_t batches, std::shared_ptr<train::PagedTable> paged)
      : loader(random_windows(batches * kBatch), {.batch_size = kBatch, .shuffle = true}),
        table(std::move(paged)),
        model(options_of(rows, table)),
        optimizer(model.parameters(), {.lr = 0.01, .rows = optim::Rows::lazy}),
        trainer(feed(), optimizer) {}

  std::unique_ptr<train::Feed> feed() {
    train::LossFunction loss = [this](const Tensor& x, const Tensor& y) { return model.loss(x, y); };
    using Windows = data::NextTokenDataset;
    if (!table) return std::make_unique<train::LoaderFeed<train::LossFunction, Windows>>(loss, loader);
    return std::make_unique<train::AheadFeed<train::LossFunction, Windows>>(
        loss, loader, *table, [this](const auto& batch) { return model.ngrams()->rows_of(batch.inputs); });
  }
  double step() {
    return bench::seconds([&] {
      trainer.step();
      if (table) table->step(0.05);
    });
  }
};

// Moves random rows until memory is full of changed ones.
void fill_memory(train::PagedTable& table, int64_t rows_in_memory) {
  constexpr int64_t each = 100000;
  for (int64_t done = 0; done < rows_in_memory; done += each) {
    std::vector<int64_t> ids = randint(0, table.rows(), {each}).to_vector<int64_t>();
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    table.take(ids).sum().backward();
    table.step(0.01);
  }
}

void write_in_full(const std::string& path) {
  std::vector<char> zeros(1 << 23);
  int file = ::open(path.c_str(), O_RDWR);
  for (int64_t at = 4096, size = ::lseek(file, 0, SEEK_END); at < size;
       at += static_cast<int64_t>(zeros.size()))
    if (::pwrite(file, zeros.data(), static_cast<size_t>(std::min<int64_t>(size - at, 1 << 23)), at) < 0)
      std::abort();
  ::fdatasync(file);
  ::close(file);
}

void drop_pages(const std::string& path) {
  int file = ::open(path.c_str(), O_RDWR);
  ::fdatasync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

void compare(Side& paged, Side& fits, int64_t steps, bool cold, const std::string& path) {
  std::vector<double> a, b, ratios;
  int64_t waited = paged.table->waited_for(), read = paged.table->rows_read();
  for (int64_t i = 0; i < steps; ++i) {
    if (cold) drop_pages(path);
    a.push_back(paged.step());
    b.push_back(fits.step());
    ratios.push_back(a.back() / b.back());
  }
  std::printf(
      "%s: %.1f ms a step in a file, %.1f ms in memory, median of ratios %.3f; %.0f rows read a step, %lld waited for; resident %lld MiB\n",
      cold ? "cold pages" : "pages as they come", 1e3 * bench::median(a), 1e3 * bench::median(b),
      bench::median(ratios),
      static_cast<double>(paged.table->rows_read() - read) / static_cast<double>(steps),
      static_cast<long long>(paged.table->waited_for() - waited), static_cast<long long>(resident_mib()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::string path = argv[1];
  int64_t gib = argc > 2 ? std::atoll(argv[2]) : 8, mib = argc > 3 ? std::atoll(argv[3]) : 1024,
          steps = argc > 4 ? std::atoll(argv[4]) : 60;
  int64_t rows = (gib << 30) / 4096 * 15;  // records of 260 bytes in a page
  auto table = std::make_shared<train::PagedTable>(
      train::PagedTableOptions{.rows = rows, .dim = kDim, .memory = mib << 20});
  table->make(path);
  write_in_full(path);
  int64_t before = resident_mib();
  fill_memory(*table, (mib << 20) / 288 * 5 / 4);
  std::printf("%lld rows, %lld GiB; memory full: resident %lld MiB, %lld before\n",
              static_cast<long long>(rows), static_cast<long long>(gib),
              static_cast<long long>(resident_mib()), static_cast<long long>(before));
  Side paged(rows, steps * 2 + 40, table), fits(kRowsThatFit, steps * 2 + 40, nullptr);
  for (int i = 0; i < 10; ++i) paged.step(), fits.step();
  compare(paged, fits, steps, false, path);
  compare(paged, fits, steps, true, path);
  std::printf("a commit takes %.2f s\n", bench::seconds([&] { table->commit(1); }));
}
