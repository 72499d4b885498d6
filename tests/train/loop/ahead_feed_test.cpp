// A feed that fetches rows ahead gives the batches of a plain one, and every row is there when it is asked for.
#include "lexigrad/train/loop/ahead_feed.h"

#include <memory>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/data/datasets/next_token.h"
#include "train/formats/folder.h"

using namespace lexigrad;

namespace {

data::NextTokenDataset windows() {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 61; ++i) ids.push_back(i * i % 47);
  data::TokenArrayBuilder tokens(47, 61);
  tokens.append(ids);
  return data::NextTokenDataset(std::move(tokens).finish(), {.max_length = 5});
}

// Sorted, each once.
std::vector<int64_t> ids_of(const data::NextTokenBatch& batch) {
  std::vector<int64_t> out = batch.inputs.to_vector<int64_t>();
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

TEST_CASE("batches with rows ahead are those without, from anywhere and across epochs") {
  Folder folder;
  train::PagedTable table({.rows = 47, .dim = 3, .memory = 8 << 20});
  table.make(folder / "table");
  data::DataLoader<data::NextTokenDataset> plain(windows(), {.batch_size = 4, .shuffle = true}),
      loader(windows(), {.batch_size = 4, .shuffle = true});
  int64_t batches = plain.size(), seen = 0;
  REQUIRE(batches == 3);
  std::vector<int64_t> wanted;
  auto loss_of_plain = [&](const data::NextTokenBatch& batch) {
    wanted = batch.inputs.to_vector<int64_t>();
    return nn::Loss{};
  };
  auto loss = [&](const data::NextTokenBatch& batch) {
    CHECK(batch.inputs.to_vector<int64_t>() == wanted);
    table.wait();
    table.take(ids_of(batch));
    table.step(1);
    ++seen;
    return nn::Loss{};
  };
  train::LoaderFeed expected(loss_of_plain, plain);
  train::AheadFeed feed(loss, loader, table, ids_of);
  for (auto [epoch, batch] : {std::pair<int64_t, int64_t>{0, 0}, {4, 2}, {1, 1}, {2, batches}}) {
    INFO(epoch << ' ' << batch);
    expected.seek(epoch, batch);
    feed.seek(epoch, batch);
    for (int step = 0; step < 8; ++step) {
      REQUIRE(feed.done() == expected.done());
      if (feed.done()) {
        ++epoch;
        expected.seek(epoch, 0);
        feed.seek(epoch, 0);
      }
      expected.loss();
      feed.loss();
      expected.advance();
      feed.advance();
    }
  }
  CHECK(seen == 32);
  CHECK(table.waited_for() == 0);
}
