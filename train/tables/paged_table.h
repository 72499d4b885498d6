// A table of vectors larger than memory: rows in a file, a part of them in memory, a step that survives kill -9.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lexigrad/nn/row_table.h"

namespace lexigrad::train {

struct PagedTableOptions {
  int64_t rows = 0, dim = 0;
  int64_t memory = 64 << 20;  ///< bytes that it may take, whatever its size
  double eps = 1e-10;         ///< of row-wise Adagrad
};

/// Rows move by row-wise Adagrad: sum += mean of g^2, w -= lr * g / (sqrt(sum) + eps); a row's sum lies beside it in
/// the file. The bits depend on neither memory, threads nor when rows are fetched.
///
/// A table is at a step of its run at each commit(). Beside it lie PATH.touched.STEP, the rows that changed after
/// that, as they were then, and PATH.changed.STEP, those that were in memory alone: a commit writes them one behind
/// another, for anywhere in the file would take as many times as long as a page is larger than a row. For one
/// thread, beside which another reads and writes the files.
class PagedTable final : public nn::RowTable {
 public:
  /// Without rows until make() or open().
  explicit PagedTable(const PagedTableOptions& options);
  ~PagedTable() override;

  /// A new table of zeros, at step 0, whatever was at `path`.
  void make(const std::string& path);
  /// The table of `path` as it was at commit(step), one of the last two. Throws FileError where it
  /// cannot go back so far.
  void open(const std::string& path, int64_t step);

  /// The steps to which the table of `path` can go back, in order; none where there is none.
  static std::vector<int64_t> commits(const std::string& path);
  /// Copies a table's files, which no one may write meanwhile; pages of zeros take no disk in the copy either.
  static void copy(const std::string& from, const std::string& to);

  int64_t rows() const override { return options_.rows; }
  int64_t dim() const override { return options_.dim; }

  /// Starts to bring rows, sorted and each once, into memory. The next take() of the same rows does not wait for
  /// them, where they have come.
  void prefetch(std::vector<int64_t> rows);
  /// Waits for the rows of all prefetch() calls.
  void wait();
  /// Rows that take() on the tape had to wait for, since the table was opened.
  int64_t waited_for() const { return waited_for_; }
  /// Rows read from the file since then.
  int64_t rows_read() const;

  Tensor take(std::span<const int64_t> ids) override;
  /// What take() has returned on the tape since the last step.
  std::vector<Tensor> taken() const;
  /// The rows among them that have gradients as one leaf (n, dim), each row once, without its numbers but with
  /// the sum of its gradients, by which step() moves it if no more rows are taken before; taken() where none has one.
  std::vector<Tensor> summed();
  /// Moves the rows taken on the tape since the last step by their gradients.
  void step(double lr);
  /// Gives up what was prefetched and not taken, and what was taken since the last step.
  void forget();

  /// Brings all changes to the disk. open() goes back to here until the third commit after it.
  void commit(int64_t step);
  /// Brings all changes to their places, so that the next commit has the whole table in one file.
  void settle();

 private:
  struct State;
  State& state() const;

  PagedTableOptions options_;
  int64_t waited_for_ = 0;
  std::unique_ptr<State> state_;
};

}  // namespace lexigrad::train
