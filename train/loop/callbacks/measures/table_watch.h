// What becomes of a table of embeddings while it trains.
#pragma once
#include <functional>
#include <utility>
#include <vector>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Behind an Evaluate and before a Log: measures at each evaluation the table_statistics() of a table as
/// "table/norm_min", "table/norm_25", "table/norm_50", "table/norm_75", "table/norm_max", "table/mean_cosine" and
/// "table/partition_ratio", and "table/dead_rows", the rows that are, as float32, what they were at the start.
class TableWatch final : public Callback {
 public:
  /// `table` gives the table as it stands, `start` as it was before step 0; that is asked once, in begin(), and kept
  /// as 8 bytes a row.
  TableWatch(std::function<Tensor()> table, std::function<Tensor()> start)
      : table_(std::move(table)), start_(std::move(start)) {}
  void begin(RunState& state) override;
  void after_step(RunState& state) override;

 private:
  std::function<Tensor()> table_, start_;
  std::vector<uint64_t> start_rows_;  ///< fingerprints
};

}  // namespace lexigrad::train
