#include "lexigrad/nn/layers/ngram_memory.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::nn {
namespace {

uint64_t mixed(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

NgramMemoryOptions checked(const NgramMemoryOptions& options, int64_t rows, int64_t dim) {
  check(rows > 0 && dim > 0, "NgramMemory", "Needs at least one row and one column, got ", rows, " and ",
        dim);
  check(!options.orders.empty(), "NgramMemory", "There are no orders. Hint: {2, 3} are pairs and triples");
  for (auto n = options.orders.begin(); n != options.orders.end(); ++n)
    check(*n >= 1 && std::find(options.orders.begin(), n, *n) == n, "NgramMemory", "Order ", *n,
          *n < 1 ? " is no number of ids (valid: >= 1)" : " is there twice");
  return options;
}

std::vector<int64_t> sorted_once(std::vector<int64_t> rows) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace

// The rows of all positions one after another, their signs, and where each position begins.
struct NgramMemory::Bags {
  std::vector<int64_t> rows, offsets;
  std::vector<double> signs;
};

uint64_t hash_ids(std::span<const int64_t> ids, uint64_t seed) {
  uint64_t hash = mixed(seed + ids.size());
  for (int64_t id : ids) hash = mixed(hash + static_cast<uint64_t>(id));
  return hash;
}

NgramMemory::NgramMemory(int64_t rows, int64_t dim, const NgramMemoryOptions& options)
    : options_(checked(options, rows, dim)), rows_(rows), dim_(dim), weight_(zeros({rows, dim})) {}

NgramMemory::NgramMemory(std::shared_ptr<RowTable> table, const NgramMemoryOptions& options)
    : options_(checked(options, table->rows(), table->dim())),
      rows_(table->rows()),
      dim_(table->dim()),
      table_(std::move(table)) {}

int64_t NgramMemory::reach() const {
  return *std::max_element(options_.orders.begin(), options_.orders.end()) - 1;
}

NgramMemory::Bags NgramMemory::bags_of(const Tensor& ids) const {
  check(ids.dtype() == int64 && ids.rank() >= 1, "NgramMemory", "Ids must be int64 of shape (..., T), got ",
        name(ids.dtype()), " ", ids.shape(), ". Hint: ids.to(int64) converts");
  Tensor flat = ids.contiguous();
  const int64_t *id = flat.data<int64_t>(), length = std::max<int64_t>(ids.size(-1), 1);
  Bags out;
  out.rows.reserve(static_cast<size_t>(flat.numel()) * options_.orders.size());
  for (int64_t i = 0; i < flat.numel(); ++i) {
    out.offsets.push_back(static_cast<int64_t>(out.rows.size()));
    for (int64_t n : options_.orders) {
      if (i % length < n - 1) continue;
      uint64_t hash = hash_ids({id + i + 1 - n, static_cast<size_t>(n)}, options_.seed);
      out.rows.push_back(static_cast<int64_t>((hash & INT64_MAX) % static_cast<uint64_t>(rows_)));
      out.signs.push_back(hash >> 63 ? -1 : 1);
    }
  }
  out.offsets.push_back(static_cast<int64_t>(out.rows.size()));
  return out;
}

Tensor NgramMemory::forward(const Tensor& ids) const {
  Bags bags = bags_of(ids);
  Tensor weight = weight_;
  if (table_) {
    std::vector<int64_t> unique = sorted_once(bags.rows);
    weight = table_->take(unique);
    for (int64_t& row : bags.rows) row = std::lower_bound(unique.begin(), unique.end(), row) - unique.begin();
  }
  Tensor y = embedding_bag(weight, tensor(bags.rows), tensor(bags.offsets),
                           tensor(bags.signs).to(arithmetic_dtype(weight.dtype())),
                           {.mode = Bag::sum, .include_last_offset = true, .table = "ngrams"});
  return y.reshape(ids.shape().with(ids.rank(), dim_));
}

std::vector<int64_t> NgramMemory::rows_of(const Tensor& ids) const { return sorted_once(bags_of(ids).rows); }

std::string NgramMemory::extra_repr() const {
  std::string orders;
  for (int64_t n : options_.orders) orders += text(orders.empty() ? "" : ", ", n);
  return text(rows_, ", ", dim_, ", orders={", orders, "}");
}

}  // namespace lexigrad::nn
