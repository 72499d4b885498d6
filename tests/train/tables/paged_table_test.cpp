// A table in a file against loops over one in memory; what a kill leaves of it.
#include "lexigrad/train/tables/paged_table.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <numeric>
#include <set>
#include <thread>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;

namespace {

constexpr int64_t kRows = 700, kDim = 5;
constexpr double kRate = 0.1;

// Memory for `slots` rows, beside what a table takes in any case.
train::PagedTableOptions room_for(int64_t slots) {
  constexpr int64_t a_slot = (kDim + 1) * 4 + 28;
  return {.rows = kRows, .dim = kDim, .memory = (4 << 20) + kRows / 8 + slots * a_slot};
}

// Rows of step s; every third step has many in common with the one before.
std::vector<int64_t> rows_at(uint64_t step) {
  CounterRng random(step % 3 == 2 ? step - 1 : step, 8);
  std::set<int64_t> out;
  for (uint64_t i = 0; i < 40; ++i) out.insert(static_cast<int64_t>(random.below(kRows, 0, i)));
  if (step % 3 == 2) out.insert(static_cast<int64_t>(step));
  return {out.begin(), out.end()};
}

// The factor of the row's gradient, which is that of the square of the row minus `target`.
double target_of(int64_t row, int64_t j) { return static_cast<double>((row * 31 + j * 7) % 11) - 5; }

Tensor targets(const std::vector<int64_t>& rows) {
  std::vector<float> out;
  for (int64_t row : rows)
    for (int64_t j = 0; j < kDim; ++j) out.push_back(static_cast<float>(target_of(row, j)));
  return tensor(out).reshape({static_cast<int64_t>(rows.size()), kDim});
}

struct Way {
  int64_t slots = kRows;
  int ahead = 1;  // batches that are prefetched; 0: none
};

void take_steps(train::PagedTable& table, uint64_t begin, uint64_t end, const Way& way) {
  uint64_t next = begin;
  for (uint64_t step = begin; step < end; ++step) {
    while (next < end && next < step + static_cast<uint64_t>(way.ahead)) table.prefetch(rows_at(next++));
    next = std::max(next, step + 1);
    std::vector<int64_t> rows = rows_at(step);
    square(table.take(rows) - targets(rows)).sum().backward();
    table.step(kRate);
  }
  table.forget();
}

std::vector<float> all_rows(train::PagedTable& table) {
  NoGrad off;
  std::vector<float> out;
  for (int64_t row = 0; row < kRows; row += 50) {
    std::vector<int64_t> ids(50);
    std::iota(ids.begin(), ids.end(), row);
    for (float x : table.take(ids).to_vector<float>()) out.push_back(x);
  }
  return out;
}

// The formula, in double.
std::vector<double> expected(uint64_t steps) {
  std::vector<double> w(kRows * kDim), sum(kRows);
  for (uint64_t step = 0; step < steps; ++step)
    for (int64_t row : rows_at(step)) {
      double g[kDim], mean = 0;
      double* at = &w[static_cast<size_t>(row * kDim)];
      for (int64_t j = 0; j < kDim; ++j) g[j] = 2 * (at[j] - target_of(row, j)), mean += g[j] * g[j] / kDim;
      double rate = kRate / std::sqrt(sum[static_cast<size_t>(row)] += mean);
      for (int64_t j = 0; j < kDim; ++j) at[j] -= rate * g[j];
    }
  return w;
}

}  // namespace

TEST_CASE("a table in a file moves by row-wise Adagrad") {
  Folder folder;
  train::PagedTable table(room_for(100));
  table.make(folder / "table");
  CHECK(all_rows(table) == std::vector<float>(kRows * kDim, 0));
  take_steps(table, 0, 60, {});
  std::vector<float> found = all_rows(table);
  std::vector<double> wanted = expected(60);
  for (size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == Approx(wanted[i]).epsilon(1e-4).margin(1e-5));
  CHECK(table.rows_read() > 60);
}

TEST_CASE("rows taken twice before a step have one gradient, which may be changed until then") {
  Folder folder;
  train::PagedTable twice(room_for(100)), once(room_for(100));
  twice.make(folder / "twice");
  once.make(folder / "once");
  const std::vector<int64_t> a{2, 5}, b{5, 9}, both{2, 5, 9};
  CHECK(twice.summed().empty());
  sum(twice.take(a)).backward();
  sum(twice.take(b) * 3).backward();
  CHECK(twice.taken().size() == 2);
  std::vector<Tensor> leaves = twice.summed();
  REQUIRE(leaves.size() == 1);
  Tensor factors = tensor({{1.0f}, {4.0f}, {3.0f}});
  CHECK(equal(leaves[0].grad(), expand(factors, {3, kDim})));
  leaves[0].set_grad(clamp(leaves[0].grad(), -2, 2));
  sum(once.take(both) * clamp(factors, -2, 2)).backward();
  twice.step(kRate);
  once.step(kRate);
  CHECK(all_rows(twice) == all_rows(once));
  sum(twice.take(a)).backward();
  twice.forget();
  twice.step(kRate);
  CHECK(all_rows(twice) == all_rows(once));
}

TEST_CASE("a copy of a table goes back as the table does, and leaves it as it is") {
  Folder folder;
  std::string path = folder / "table", copy = folder / "copy";
  std::vector<float> at_20;
  {
    train::PagedTable table(room_for(100));
    table.make(path);
    take_steps(table, 0, 20, {});
    table.commit(20);
    at_20 = all_rows(table);
    take_steps(table, 20, 30, {});
    table.commit(30);
    take_steps(table, 30, 37, {});
  }
  std::string before = slurp(path);
  CHECK(train::PagedTable::commits(path) == std::vector<int64_t>{0, 20, 30});
  CHECK(train::PagedTable::commits(folder / "none").empty());
  train::PagedTable::copy(path, copy);
  CHECK(slurp(copy) == before);
  {
    train::PagedTable table(room_for(100));
    table.open(copy, 20);
    CHECK(all_rows(table) == at_20);
    take_steps(table, 20, 25, {});
  }
  CHECK(slurp(path) == before);
  CHECK(train::PagedTable::commits(path) == std::vector<int64_t>{0, 20, 30});
}

TEST_CASE("a table has the same bits for any memory, threads and rows fetched ahead") {
  int threads = num_threads();
  std::vector<float> first;
  for (auto [slots, ahead, cores] : {std::tuple{kRows, 1, 1},
                                     {kRows, 0, 4},
                                     {int64_t{95}, 0, 1},
                                     {int64_t{84}, 2, 4},
                                     {int64_t{180}, 3, 2}}) {
    INFO(slots << ' ' << ahead);
    set_num_threads(cores);
    Folder folder;
    train::PagedTable table(room_for(slots));
    table.make(folder / "table");
    take_steps(table, 0, 50, {slots, ahead});
    std::vector<float> found = all_rows(table);
    if (first.empty()) first = found;
    CHECK(found == first);
  }
  set_num_threads(threads);
}

TEST_CASE("rows that have come are not waited for, others are counted") {
  Folder folder;
  train::PagedTable table(room_for(kRows));
  table.make(folder / "table");
  table.prefetch({3, 5, 9});
  table.wait();
  const std::vector<int64_t> known = {3, 5, 9}, new_rows = {3, 6, 7};
  table.take(known);
  CHECK(table.waited_for() == 0);
  table.take(new_rows);
  CHECK(table.waited_for() == 2);
  {
    NoGrad off;
    table.take(std::vector<int64_t>{20, 21});
  }
  CHECK(table.waited_for() == 2);
  CHECK(table.rows_read() == 7);
}

TEST_CASE("a table goes back to its last two commits, whatever happened after them") {
  Folder folder;
  std::string path = folder / "table";
  std::vector<float> at_20, at_30;
  {
    train::PagedTable table(room_for(100));
    table.make(path);
    take_steps(table, 0, 10, {});
    table.commit(10);
    take_steps(table, 10, 20, {});
    table.commit(20);
    at_20 = all_rows(table);
    take_steps(table, 20, 30, {});
    table.commit(30);
    at_30 = all_rows(table);
    take_steps(table, 30, 37, {});
  }
  {
    train::PagedTable table(room_for(100));
    table.open(path, 30);
    CHECK(all_rows(table) == at_30);
    take_steps(table, 30, 33, {});
    CHECK(all_rows(table) != at_30);
  }
  train::PagedTable table(room_for(100));
  table.open(path, 20);
  CHECK(all_rows(table) == at_20);
  take_steps(table, 20, 30, {});
  CHECK(all_rows(table) == at_30);
  train::PagedTable other(room_for(100));
  CHECK(
      message_of([&] { other.open(path, 25); }) ==
      "[table] The table cannot go back to step 25: the rows that changed after it were not kept. Hint: use the "
      "run's last checkpoint, or the one before (" +
          path + ")");
}

TEST_CASE("kill -9 at any moment: a table goes on from its last commit to the same bytes", "[kill]") {
  constexpr uint64_t steps = 120, every = 7;
  Folder folder;
  auto go_on = [&](const std::string& path, const std::string& place) {
    train::PagedTable table(room_for(110));
    uint64_t step = std::filesystem::exists(place) ? std::stoull(read_file(place)) : 0;
    if (step == 0)
      table.make(path);
    else
      table.open(path, static_cast<int64_t>(step));
    while (step < steps) {
      uint64_t end = std::min(step + every, steps);
      take_steps(table, step, end, {});
      if (end == steps) table.settle();
      table.commit(static_cast<int64_t>(step = end));
      write_file_atomically(place, std::to_string(step));
    }
  };
  auto start = std::chrono::steady_clock::now();
  go_on(folder / "whole", folder / "whole.step");
  std::chrono::duration<double> whole = std::chrono::steady_clock::now() - start;
  CounterRng random(4);
  int kills = 0;
  for (uint64_t i = 0; i < 25; ++i) {
    pid_t child = ::fork();
    if (child == 0) {
      go_on(folder / "killed", folder / "killed.step");
      ::_exit(0);
    }
    std::this_thread::sleep_for(whole * random.uniform(i, 0) / 4);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    kills += WIFSIGNALED(status);
  }
  CHECK(kills >= 5);
  go_on(folder / "killed", folder / "killed.step");
  CHECK(slurp(folder / "killed") == slurp(folder / "whole"));
  CHECK(read_file(folder / "killed.step") == "120");
}

TEST_CASE("a table says what is wrong with its memory and its file") {
  Folder folder;
  train::PagedTable small({.rows = 10, .dim = 4, .memory = 1 << 20});
  CHECK(message_of([&] { small.take(std::vector<int64_t>{1}); }) ==
        "[table] The table has no rows yet. Hint: make() or open() it");
  CHECK(message_of([&] { small.make(folder / "a"); }) ==
        "[table] A table of 10 x 4 does not run in 1048576 bytes. Hint: at least 5242881");
  train::PagedTable few(room_for(30));
  few.make(folder / "b");
  CHECK(
      message_of([&] { few.take(rows_at(0)); }) ==
      "[table] The rows of a batch and of those ahead need more than the 30 slots that the memory given has room "
      "for. Hint: more memory, or smaller batches");
  spill(folder / "c", "no table");
  train::PagedTable other(room_for(100));
  CHECK(
      message_of([&] { other.open(folder / "c", 0); }) ==
      "[table] This is not a whole table of 700 rows of 5 numbers. Hint: restore it from a copy, or train anew in "
      "another --out (" +
          folder.path + "c)");
}
