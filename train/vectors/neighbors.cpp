#include "lexigrad/train/vectors/neighbors.h"

#include <algorithm>
#include <cmath>

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
  std::vector<NearRow> nearest(int64_t id, int64_t k) const {
    std::vector<double> query = direction(id);
    check(length(id) > 0, kWhere, "Row ", id, " is all zeros: it points nowhere. Hint: ask for another word");
    int64_t count = held_.size(0);
    std::vector<NearRow> all(count);
    parallel_ranges(count, std::max<int64_t>(1, kGrainValues / std::max<int64_t>(dim_, 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t row = begin; row < end; ++row) all[row] = {row, cosine(query, row)};
                    });
    all.erase(all.begin() + id);
    k = std::min<int64_t>(k, all.size());
    std::partial_sort(all.begin(), all.begin() + k, all.end(), [](const NearRow& a, const NearRow& b) {
      return a.similarity != b.similarity ? a.similarity > b.similarity : a.id < b.id;
    });
    all.resize(k);
    return all;
  }

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
auto with_rows(const Tensor& weight, std::initializer_list<int64_t> ids, const Use& use) {
  check(weight.defined() && weight.rank() == 2 && is_floating(weight.dtype()), kWhere,
        "The table of vectors must be a matrix of float32 or float64, it is ",
        weight.defined() ? text(to_string(weight.shape()), " of ", name(weight.dtype())) : "undefined");
  for (int64_t id : ids)
    check(id >= 0 && id < weight.size(0), kWhere, "Id ", id, " is outside the table (valid ids are 0..",
          weight.size(0) - 1, ")");
  return weight.dtype() == float32 ? use(Rows<float>(weight)) : use(Rows<double>(weight));
}

void check_sizes(const Tensor& weight, const data::Vocabulary& vocabulary) {
  check(weight.defined() && weight.rank() == 2 && weight.size(0) == vocabulary.size(), kWhere,
        "The vocabulary has ", vocabulary.size(), " tokens, the table of vectors is ",
        weight.defined() ? to_string(weight.shape()) : "undefined",
        ". Hint: give the vocabulary that the table was trained with");
}

}  // namespace

std::vector<NearRow> nearest_rows(const Tensor& weight, int64_t id, int64_t k) {
  check(k >= 1, kWhere, "The number of neighbours k is ", k, "; it must be >= 1");
  return with_rows(weight, {id}, [&](const auto& rows) { return rows.nearest(id, k); });
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
