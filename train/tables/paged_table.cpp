#include "lexigrad/train/tables/paged_table.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <filesystem>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/train/optim/methods/kernels/rowwise.h"
#include "lexigrad/train/tables/row_cache.h"
#include "lexigrad/train/tables/touched_log.h"
#include "lexigrad/train/tables/worker.h"

namespace lexigrad::train {
namespace {

namespace fs = std::filesystem;
constexpr size_t kLogs = 3;  // kept: of the last two commits, and of one whose checkpoint is not yet whole
constexpr int64_t kBlock = 256;  // rows that a thread copies or moves at a time

std::string log_path(const std::string& table, int64_t step) { return text(table, ".touched.", step); }
std::string changed_path(const std::string& table, int64_t step) { return text(table, ".changed.", step); }

void remove_commit(const std::string& table, int64_t step) {
  fs::remove(changed_path(table, step));
  fs::remove(log_path(table, step));
}

// Steps of the logs beside a table, in order.
std::vector<int64_t> logged_steps(const std::string& table) {
  std::vector<int64_t> out;
  std::string begin = fs::path(table).filename().string() + ".touched.";
  const std::string folder = fs::absolute(table).parent_path().string();
  std::error_code error;
  for (const std::string& name : names_in(folder, error)) {
    int64_t step = 0;
    if (!name.starts_with(begin)) continue;
    auto [end, wrong] = std::from_chars(name.data() + begin.size(), name.data() + name.size(), step);
    if (wrong == std::errc() && end == name.data() + name.size()) out.push_back(step);
  }
  if (error) fail_file("table", text("Cannot look into the folder: ", error.message()), folder);
  std::sort(out.begin(), out.end());
  return out;
}

// Pieces of zeros stay holes.
void copy_sparse(const std::string& from, const std::string& to) {
  constexpr int64_t at_once = 1 << 16;
  RandomFile in(from, RandomFile::Batches::one_by_one), out(to, RandomFile::Batches::one_by_one);
  out.resize(in.size());
  std::vector<char> bytes(at_once);
  for (int64_t at = 0; at < in.size(); at += at_once) {
    RandomFile::Piece piece{at, bytes.data(), static_cast<size_t>(std::min(at_once, in.size() - at))};
    in.read({&piece, 1});
    bool blank = std::all_of(bytes.begin(), bytes.begin() + static_cast<int64_t>(piece.size),
                             [](char byte) { return byte == 0; });
    if (!blank) out.write({&piece, 1});
  }
}

// Writes the rows of a log to their places, many at a time: each is in it once.
void put_back(TableFile& table, const std::string& log) {
  constexpr size_t at_once = 4096;
  std::vector<char> bytes(at_once * table.row_bytes());
  std::vector<RandomFile::Piece> pieces;
  auto write = [&] {
    table.file().write(pieces);
    pieces.clear();
  };
  TouchedLog::read(log, table.row_bytes(), [&](int64_t row, const void* record) {
    pieces.push_back(table.piece(row, &bytes[pieces.size() * table.row_bytes()]));
    std::memcpy(pieces.back().bytes, record, table.row_bytes());
    if (pieces.size() == at_once) write();
  });
  write();
}

// Puts back what was there at `step`: newest log first, so that the oldest has the last word, and then what was in
// memory alone. Doing it again, after a kill in the midst of it, comes to the same.
void rewind(TableFile& table, const std::string& path, int64_t step) {
  std::vector<int64_t> logs = logged_steps(path);
  if (!std::binary_search(logs.begin(), logs.end(), step))
    fail_file("table",
              text("The table cannot go back to step ", step,
                   ": the rows that changed after it were not kept. "
                   "Hint: use the run's last checkpoint, or the one before"),
              path);
  std::erase_if(logs, [&](int64_t each) { return each < step; });
  for (auto log = logs.rbegin(); log != logs.rend(); ++log) put_back(table, log_path(path, *log));
  put_back(table, changed_path(path, step));
  table.file().sync();
  for (auto log = logs.rbegin(); *log > step; ++log) remove_commit(path, *log);
}

TableFile ready_file(const std::string& path, int64_t step, const PagedTableOptions& o, bool fresh) {
  if (fresh) {
    TableFile out = TableFile::make(path, o.rows, o.dim);
    for (int64_t old : logged_steps(path)) remove_commit(path, old);
    return out;
  }
  TableFile out = TableFile::open(path, o.rows, o.dim);
  rewind(out, path, step);
  return out;
}

size_t slots_in(const TableFile& file, const PagedTableOptions& o) {
  constexpr int64_t beside = 4 << 20;  // the batch of a read, rows that wait for the log
  int64_t left = o.memory - beside - o.rows / 8, most = std::min<int64_t>(o.rows, INT32_MAX);
  auto slots = left / static_cast<int64_t>(RowCache::slot_bytes(file));
  check(slots > 0, "table", "A table of ", o.rows, " x ", o.dim, " does not run in ", o.memory,
        " bytes. Hint: at least ", beside + o.rows / 8 + (int64_t{1} << 20));
  return static_cast<size_t>(std::min(slots, most));
}

// Rows that a step moves, and a leaf with their gradients.
struct Moving {
  std::vector<int64_t> rows;
  Tensor leaf;
};

// Rows that are in memory from when they have come until they are given up, and the leaf that was made of them.
struct Held {
  std::vector<int64_t> rows;
  std::vector<int32_t> slots;
  std::future<void> come;
  int64_t read = 0;
  Tensor leaf;
};

RowGrad gradient_of(const Held& held, int64_t rows) {
  if (const RowGrad* grad = held.leaf.row_grad()) {
    std::vector<int64_t> ids;
    for (int64_t local : grad->indices().to_vector<int64_t>())
      ids.push_back(held.rows[static_cast<size_t>(local)]);
    return {tensor(ids), grad->values(), rows};
  }
  return {tensor(held.rows), held.leaf.grad(), rows};
}

}  // namespace

struct PagedTable::State {
  std::string path;
  std::optional<TouchedLog> log;
  std::atomic<bool> log_synced{true};
  std::vector<uint64_t> touched;  ///< a bit for each row that is in the log
  RowCache cache;
  std::atomic<int64_t> rows_read{0};
  std::deque<std::shared_ptr<Held>> ahead, taken;
  std::optional<Moving> moving;  ///< summed() of all that was taken
  Worker worker;                 ///< the only one to use the cache, but for records of rows that are held

  State(const std::string& path, int64_t step, const PagedTableOptions& o, bool fresh)
      : path(path),
        touched(static_cast<size_t>(o.rows + 63) / 64),
        cache(make_cache(ready_file(path, step, o, fresh), o)) {
    begin_log(step);
  }

  RowCache make_cache(TableFile file, const PagedTableOptions& o) {
    size_t slots = slots_in(file, o);
    return {std::move(file), slots, [this] {
              if (!log_synced.exchange(true)) log->sync();
            }};
  }

  void begin_log(int64_t step) {
    log.reset();
    log.emplace(log_path(path, step), cache.file().row_bytes());
    sync_folder(fs::path(path).parent_path().string());
    std::fill(touched.begin(), touched.end(), 0);
  }

  std::shared_ptr<Held> hold(std::vector<int64_t> rows) {
    auto held = std::make_shared<Held>();
    held->rows = std::move(rows);
    held->come = worker.post([this, held = held.get()] {
      held->read = cache.pin(held->rows, held->slots);
      rows_read += held->read;
    });
    return held;
  }
  void give_up(const std::shared_ptr<Held>& held) {
    worker.post([this, held] { cache.unpin(held->slots); });
  }

  // Writes the rows to the log that are to change for the first time.
  void keep(const std::vector<int64_t>& rows, const std::vector<int32_t>& slots) {
    for (size_t i = 0; i < rows.size(); ++i) {
      uint64_t &word = touched[static_cast<size_t>(rows[i] / 64)], bit = uint64_t{1} << (rows[i] % 64);
      if (word & bit) continue;
      word |= bit;
      log->add(rows[i], cache.record(slots[i]));
    }
    log->flush();
    log_synced = false;
  }

  // Nothing where none was taken that has a gradient.
  void sum() {
    std::optional<RowGrad> sum;
    for (const auto& held : taken) {
      if (!held->leaf.has_grad()) continue;
      RowGrad grad = gradient_of(*held, cache.file().rows());
      if (sum)
        sum->add(grad);
      else
        sum = std::move(grad);
    }
    if (!sum) return;
    moving = {sum->indices().to_vector<int64_t>(), empty(sum->values().shape()).requires_grad_()};
    moving->leaf.set_grad(sum->values());
  }

  void move(const Tensor& grad, const std::vector<int32_t>& slots, double lr, double eps) {
    int64_t dim = cache.file().dim();
    const float* g = grad.data<float>();
    parallel_ranges(grad.size(0), kBlock, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        int32_t slot = slots[static_cast<size_t>(i)];
        float* row = cache.record(slot);
        kernels::rowwise_adagrad_step(row, g + i * dim, row + dim, {lr, eps, 0}, dim);
        cache.mark(slot);
      }
    });
  }

  // Where the rows are, which were all taken.
  std::vector<int32_t> slots_of(const std::vector<int64_t>& rows) const {
    std::vector<int32_t> out;
    for (int64_t row : rows)
      for (const auto& held : taken)
        if (auto at = std::lower_bound(held->rows.begin(), held->rows.end(), row);
            at != held->rows.end() && *at == row) {
          out.push_back(held->slots[static_cast<size_t>(at - held->rows.begin())]);
          break;
        }
    return out;
  }
};

std::vector<int64_t> PagedTable::commits(const std::string& path) {
  return fs::exists(path) ? logged_steps(path) : std::vector<int64_t>();
}

void PagedTable::copy(const std::string& from, const std::string& to) {
  copy_sparse(from, to);
  for (int64_t step : logged_steps(from)) {
    copy_sparse(log_path(from, step), log_path(to, step));
    if (fs::exists(changed_path(from, step))) copy_sparse(changed_path(from, step), changed_path(to, step));
  }
}

PagedTable::PagedTable(const PagedTableOptions& options) : options_(options) {}

PagedTable::~PagedTable() = default;

PagedTable::State& PagedTable::state() const {
  check(state_ != nullptr, "table", "The table has no rows yet. Hint: make() or open() it");
  return *state_;
}

void PagedTable::make(const std::string& path) { state_ = std::make_unique<State>(path, 0, options_, true); }

void PagedTable::open(const std::string& path, int64_t step) {
  state_ = std::make_unique<State>(path, step, options_, false);
}

int64_t PagedTable::rows_read() const { return state().rows_read; }

void PagedTable::prefetch(std::vector<int64_t> rows) {
  state().ahead.push_back(state().hold(std::move(rows)));
}

void PagedTable::wait() {
  for (const auto& held : state().ahead)
    if (held->come.valid()) held->come.get();
}

void PagedTable::forget() {
  wait();
  for (const auto& held : std::exchange(state().ahead, {})) state().give_up(held);
  for (const auto& held : std::exchange(state().taken, {})) state().give_up(held);
  state().moving.reset();
}

Tensor PagedTable::take(std::span<const int64_t> ids) {
  State& state = this->state();
  bool trains = grad_enabled();
  auto found = std::find_if(state.ahead.begin(), state.ahead.end(), [&](const auto& held) {
    return trains && std::equal(ids.begin(), ids.end(), held->rows.begin(), held->rows.end());
  });
  bool known = found != state.ahead.end();
  std::shared_ptr<Held> held = known ? *found : state.hold({ids.begin(), ids.end()});
  if (known) state.ahead.erase(found);
  bool come = known && (!held->come.valid() ||
                        held->come.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  if (held->come.valid()) held->come.get();
  if (trains && !come) waited_for_ += held->read;
  Tensor leaf = empty({static_cast<int64_t>(ids.size()), dim()});
  parallel_ranges(leaf.size(0), kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::memcpy(leaf.data<float>() + i * dim(), state.cache.record(held->slots[static_cast<size_t>(i)]),
                  static_cast<size_t>(dim()) * sizeof(float));
  });
  if (trains) {
    state.moving.reset();
    held->leaf = leaf.requires_grad_();
    state.taken.push_back(held);
  } else {
    state.give_up(held);
  }
  return leaf;
}

std::vector<Tensor> PagedTable::taken() const {
  std::vector<Tensor> out;
  for (const auto& held : state().taken) out.push_back(held->leaf);
  return out;
}

std::vector<Tensor> PagedTable::summed() {
  State& state = this->state();
  if (!state.moving) state.sum();
  return state.moving ? std::vector<Tensor>{state.moving->leaf} : taken();
}

void PagedTable::step(double lr) {
  State& state = this->state();
  if (!state.moving) state.sum();
  if (std::optional<Moving> moving = std::exchange(state.moving, {})) {
    std::vector<int32_t> slots = state.slots_of(moving->rows);
    state.keep(moving->rows, slots);
    state.move(moving->leaf.grad().contiguous(), slots, lr, options_.eps);
  }
  for (const auto& held : std::exchange(state.taken, {})) state.give_up(held);
}

void PagedTable::settle() {
  state().worker.post([&cache = state().cache] { cache.write_back(); }).get();
}

void PagedTable::commit(int64_t step) {
  State& state = this->state();
  state.worker
      .post([&] {
        TableFile& file = state.cache.file();
        TouchedLog changed(changed_path(state.path, step), file.row_bytes());
        state.cache.for_each_marked([&](int64_t row, const void* bytes) { changed.add(row, bytes); });
        changed.flush();
        changed.sync();
        file.file().sync();
      })
      .get();
  state.begin_log(step);
  std::vector<int64_t> logs = logged_steps(state.path);
  for (size_t i = 0; i + kLogs < logs.size(); ++i) remove_commit(state.path, logs[i]);
}

}  // namespace lexigrad::train
