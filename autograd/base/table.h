// What is chosen by its name: optimizers, schedules, tokenizers, encoders, file formats, positions. Each kind
// has one Table, whose rows are all that a program, the command line and a saved run need to know.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad {

/// Rows with a member `name`, in the order in which they were given; a row stays where it is. `kind` is what
/// errors call a row: "optimizer".
template <class Row>
class Table {
 public:
  using value_type = Row;

  Table(std::string kind, std::vector<Row> rows) : kind_(std::move(kind)) {
    for (Row& row : rows) add(std::move(row));
    built_in_ = rows_.size();
  }

  /// Throws std::invalid_argument where the name is empty or there already.
  void add(Row row) {
    check(!row.name.empty(), kind_, "A row of the table has no name");
    check(!find(row.name), kind_, "There is a row \"", row.name, "\" already. Hint: take another name");
    rows_.push_back(std::move(row));
  }
  /// True for a row that add() has put in: of a program of one's own.
  bool is_own(const Row& row) const {
    return std::none_of(rows_.begin(), rows_.begin() + static_cast<int64_t>(built_in_),
                        [&](const Row& each) { return &each == &row; });
  }
  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const Row& row : rows_) out.push_back(row.name);
    return out;
  }
  /// "a, b, c"
  std::string listed() const {
    std::string out;
    for (const Row& row : rows_) out += (out.empty() ? "" : ", ") + row.name;
    return out;
  }
  /// Null where there is none.
  const Row* find(std::string_view name) const {
    auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.name == name; });
    return found == rows_.end() ? nullptr : &*found;
  }
  /// Throws std::invalid_argument, naming all rows, where there is none.
  const Row& at(std::string_view name) const {
    const Row* found = find(name);
    check(found != nullptr, kind_, "There is no ", kind_, " \"", name, "\" (valid are ", listed(), ")");
    return *found;
  }

 private:
  std::string kind_;
  std::deque<Row> rows_;
  size_t built_in_ = 0;
};

/// Adds a row of one's own to the table that `table()` returns, where the entry lives at namespace scope:
///   const optim::OptimizerEntry mine({.name = "mine", ...});
template <auto table>
struct TableEntry {
  using Row = typename std::remove_reference_t<decltype(table())>::value_type;
  explicit TableEntry(Row row) { table().add(std::move(row)); }
};

}  // namespace lexigrad
