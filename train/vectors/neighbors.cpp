#include "lexigrad/train/vectors/neighbors.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"

namespace lexigrad {
namespace {

constexpr std::string_view kWhere = "neighbors";
constexpr int64_t kGrainValues = 1 << 16;  // of the table, that one block of work reads
constexpr int kLanes = 8;  // partial sums, so that the processor need not wait for each addition

// sum of term(d) for d in 0..dim-1, always in the same order.
template <class Term>
double sum_of(int64_t dim, const Term& term) {
  double lanes[kLanes] = {};
  int64_t d = 0;
  for (; d + kLanes <= dim; d += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += term(d + lane);
  for (; d < dim; ++d) lanes[d % kLanes] += term(d);
  double sum = 0;
  for (double lane : lanes) sum += lane;
  return sum;
}

/// A table of vectors as plain memory.
template <class T>
class Rows {
 public:
  explicit Rows(const Tensor& weight)
      : held_(weight.detach().contiguous()), data_(held_.data<T>()), dim_(weight.size(1)) {}

  double length(int64_t row) const {
    const T* x = data_ + row * dim_;
    double squares = sum_of(dim_, [x](int64_t d) { return static_cast<double>(x[d]) * x[d]; });
    double length = squares >= 1e-250 && squares <= 1e250 ? std::sqrt(squares) : scaled_length(x);
    check(
        std::isfinite(length), kWhere, "Row ", row,
        " holds a value that is not finite. Hint: its training diverged; train with a smaller learning rate");
    return length;
  }
  std::vector<double> direction(int64_t row) const {
    double size = length(row);
    std::vector<double> out(data_ + row * dim_, data_ + (row + 1) * dim_);
    for (double& value : out) value = size > 0 ? value / size : 0;
    return out;
  }
  double cosine(const std::vector<double>& direction, int64_t row) const {
    double size = length(row);
    if (size == 0) return 0;
    const T* x = data_ + row * dim_;
    return std::clamp(sum_of(dim_, [&](int64_t d) { return direction[d] * x[d]; }) / size, -1.0, 1.0);
  }
  /// Adds `times` the unit vector of a row to `sum`.
  void add_direction(std::vector<double>& sum, int64_t row, double times) const {
    std::vector<double> unit = direction(row);
    check(length(row) > 0, kWhere, "Row ", row,
          " is all zeros: it points nowhere. Hint: ask for another word");
    for (size_t d = 0; d < unit.size(); ++d) sum[d] += times * unit[d];
  }
  /// The k rows, but `except`, nearest to a vector of length 1.
  std::vector<NearRow> nearest(const std::vector<double>& query, int64_t k,
                               std::vector<int64_t> except) const {
    std::vector<NearRow> all(held_.size(0));
    parallel_ranges(held_.size(0), std::max<int64_t>(1, kGrainValues / std::max<int64_t>(dim_, 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t row = begin; row < end; ++row) all[row] = {row, cosine(query, row)};
                    });
    std::sort(except.begin(), except.end(), std::greater<>());
    except.erase(std::unique(except.begin(), except.end()), except.end());
    for (int64_t row : except) all.erase(all.begin() + row);
    k = std::min<int64_t>(k, all.size());
    std::partial_sort(all.begin(), all.begin() + k, all.end(), [](const NearRow& a, const NearRow& b) {
      return a.similarity != b.similarity ? a.similarity > b.similarity : a.id < b.id;
    });
    all.resize(k);
    return all;
  }
  int64_t dim() const { return dim_; }

 private:
  // For values whose squares leave the range of double.
  double scaled_length(const T* x) const {
    double largest = 0;
    for (int64_t d = 0; d < dim_; ++d) {
      if (!std::isfinite(x[d])) return x[d];
      largest = std::max(largest, std::abs(static_cast<double>(x[d])));
    }
    if (largest == 0) return 0;
    return largest * std::sqrt(sum_of(dim_, [&](int64_t d) { return (x[d] / largest) * (x[d] / largest); }));
  }

  Tensor held_;
  const T* data_;
  int64_t dim_;
};

template <class Use>
auto with_rows(const Tensor& weight, const std::vector<int64_t>& ids, const Use& use) {
  check(weight.defined() && weight.rank() == 2 && is_floating(arithmetic_dtype(weight.dtype())), kWhere,
        "The table of vectors must be a matrix of float32, float64 or bfloat16, it is ",
        weight.defined() ? text(to_string(weight.shape()), " of ", name(weight.dtype())) : "undefined");
  for (int64_t id : ids)
    check(id >= 0 && id < weight.size(0), kWhere, "Id ", id, " is outside the table (valid ids are 0..",
          weight.size(0) - 1, ")");
  Tensor rows = weight.detach().to(arithmetic_dtype(weight.dtype()));
  return rows.dtype() == float32 ? use(Rows<float>(rows)) : use(Rows<double>(rows));
}

// The direction of a vector of any length but 0.
std::vector<double> direction_of(const std::vector<double>& vector) {
  const Rows<double> row(from_values<double>(vector, {1, static_cast<int64_t>(vector.size())}));
  check(row.length(0) > 0, kWhere, "The vector is all zeros: it points nowhere. Hint: ask for another");
  return row.direction(0);
}

void check_k(int64_t k) { check(k >= 1, kWhere, "The number of neighbours k is ", k, "; it must be >= 1"); }

void check_sizes(const Tensor& weight, const data::Vocabulary& vocabulary) {
  check(weight.defined() && weight.rank() == 2 && weight.size(0) == vocabulary.size(), kWhere,
        "The vocabulary has ", vocabulary.size(), " tokens, the table of vectors is ",
        weight.defined() ? to_string(weight.shape()) : "undefined",
        ". Hint: give the vocabulary that the table was trained with");
}

}  // namespace

std::vector<NearRow> nearest_rows(const Tensor& weight, int64_t id, int64_t k) {
  check_k(k);
  return with_rows(weight, {id}, [&](const auto& rows) {
    std::vector<double> query(static_cast<size_t>(rows.dim()));
    rows.add_direction(query, id, 1);
    return rows.nearest(query, k, {id});
  });
}

std::vector<NearRow> nearest(const Tensor& weight, const Tensor& vector, int64_t k,
                             const std::vector<int64_t>& except) {
  check_k(k);
  return with_rows(weight, except, [&](const auto& rows) {
    check(vector.defined() && is_floating(vector.dtype()) && vector.numel() == rows.dim(), kWhere,
          "The vector must have the ", rows.dim(), " numbers of a row, it is ",
          vector.defined() ? text(to_string(vector.shape()), " of ", name(vector.dtype())) : "undefined");
    std::vector<double> query = vector.to_vector<double>();
    for (double x : query)
      check(std::isfinite(x), kWhere, "The vector holds ", x, ". Hint: give finite numbers");
    return rows.nearest(direction_of(query), k, except);
  });
}

std::vector<NearRow> analogy(const Tensor& weight, const std::vector<int64_t>& positive,
                             const std::vector<int64_t>& negative, int64_t k) {
  check_k(k);
  std::vector<int64_t> all = positive;
  all.insert(all.end(), negative.begin(), negative.end());
  check(!all.empty(), kWhere, "No row is given. Hint: name one at least");
  return with_rows(weight, all, [&](const auto& rows) {
    std::vector<double> sum(static_cast<size_t>(rows.dim()));
    for (int64_t id : positive) rows.add_direction(sum, id, 1);
    for (int64_t id : negative) rows.add_direction(sum, id, -1);
    return rows.nearest(direction_of(sum), k, all);
  });
}

int64_t odd_one_out(const Tensor& weight, const std::vector<int64_t>& ids) {
  check(ids.size() >= 3, kWhere, "The odd one of ", ids.size(), " rows. Hint: give three or more");
  return with_rows(weight, ids, [&](const auto& rows) {
    std::vector<double> mean(static_cast<size_t>(rows.dim()));
    for (int64_t id : ids) rows.add_direction(mean, id, 1 / static_cast<double>(ids.size()));
    return *std::min_element(ids.begin(), ids.end(), [&](int64_t a, int64_t b) {
      return rows.cosine(mean, a) < rows.cosine(mean, b);
    });
  });
}

double cosine(const Tensor& weight, int64_t a, int64_t b) {
  return with_rows(weight, {a, b}, [&](const auto& rows) { return rows.cosine(rows.direction(a), b); });
}

std::vector<Neighbor> neighbors(const Tensor& weight, const data::Vocabulary& vocabulary,
                                std::string_view word, int64_t k) {
  check_sizes(weight, vocabulary);
  std::vector<Neighbor> out;
  for (const NearRow& near : nearest_rows(weight, vocabulary.id_of(word), k))
    out.push_back({std::string(vocabulary.token(near.id)), near.similarity});
  return out;
}

double cosine(const Tensor& weight, const data::Vocabulary& vocabulary, std::string_view a,
              std::string_view b) {
  check_sizes(weight, vocabulary);
  return cosine(weight, vocabulary.id_of(a), vocabulary.id_of(b));
}

}  // namespace lexigrad
