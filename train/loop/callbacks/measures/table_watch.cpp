#include "lexigrad/train/loop/callbacks/measures/table_watch.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/train/vectors/statistics.h"

namespace lexigrad::train {
namespace {

std::vector<uint64_t> fingerprints(const Tensor& table) {
  Tensor rows = table.detach().to(float32).contiguous();
  int64_t count = rows.size(0), dim = rows.size(1);
  std::vector<uint64_t> out;
  for (int64_t row = 0; row < count; ++row) {
    Xxh64 sum;
    sum.update(rows.data<float>() + row * dim, static_cast<size_t>(dim) * sizeof(float));
    out.push_back(sum.digest());
  }
  return out;
}

// Where the table has grown, the new rows are none of the start's.
int64_t same_rows(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  int64_t same = 0;
  for (size_t row = 0; row < std::min(a.size(), b.size()); ++row) same += a[row] == b[row];
  return same;
}

}  // namespace

void TableWatch::begin(RunState& state) {
  start_rows_ = fingerprints(start_());
  after_step(state);
}

void TableWatch::after_step(RunState& state) {
  if (!state.validation) return;
  Tensor table = table_();
  TableStatistics s = table_statistics(table);
  state.measured.insert(
      {{"table/norm_min", s.norms[0]},
       {"table/norm_25", s.norms[1]},
       {"table/norm_50", s.norms[2]},
       {"table/norm_75", s.norms[3]},
       {"table/norm_max", s.norms[4]},
       {"table/mean_cosine", s.mean_cosine},
       {"table/partition_ratio", s.partition_ratio},
       {"table/dead_rows", static_cast<double>(same_rows(fingerprints(table), start_rows_))}});
}

}  // namespace lexigrad::train
