#include "lexigrad/train/vectors/vector_scores.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/corpora/planted_truth.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kGrain = 16;  // rows that one block of work takes

/// The rows, each scaled to length 1.
class Directions {
 public:
  Directions(std::string_view where, const float* rows, int64_t n, int64_t dim, size_t labels)
      : n_(n), dim_(dim), units_(static_cast<size_t>(std::max<int64_t>(n * dim, 0))) {
    check(n >= 1 && dim >= 1, where, "The table is ", n, " x ", dim, " (valid sizes are >= 1)");
    check(static_cast<int64_t>(labels) == n, where, "There are ", labels, " classes for ", n, " rows");
    for (int64_t i = 0; i < n; ++i) {
      double squares = 0;
      for (int64_t d = 0; d < dim; ++d) squares += static_cast<double>(rows[i * dim + d]) * rows[i * dim + d];
      check(std::isfinite(squares), where, "Row ", i, " holds a value that is not finite");
      double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
      for (int64_t d = 0; d < dim; ++d) units_[i * dim + d] = rows[i * dim + d] * scale;
    }
  }
  int64_t size() const { return n_; }
  double cosine(int64_t i, int64_t j) const {
    const double *a = &units_[i * dim_], *b = &units_[j * dim_];
    double sum = 0;
    for (int64_t d = 0; d < dim_; ++d) sum += a[d] * b[d];
    return sum;
  }

 private:
  int64_t n_, dim_;
  std::vector<double> units_;
};

struct Neighbor {
  double similarity;
  bool hit;
};

// The expected share of hits among the k nearest, where equals stand in random order.
double share_of_nearest(std::vector<Neighbor>& all, int64_t k) {
  k = std::min<int64_t>(k, all.size());
  if (k == 0) return 0;
  std::nth_element(all.begin(), all.begin() + (k - 1), all.end(),
                   [](const Neighbor& a, const Neighbor& b) { return a.similarity > b.similarity; });
  double last = all[k - 1].similarity;
  int64_t nearer = 0, nearer_hits = 0, equal = 0, equal_hits = 0;
  for (const Neighbor& neighbor : all) {
    nearer += neighbor.similarity > last;
    nearer_hits += neighbor.similarity > last && neighbor.hit;
    equal += neighbor.similarity == last;
    equal_hits += neighbor.similarity == last && neighbor.hit;
  }
  double expected =
      static_cast<double>(k - nearer) * static_cast<double>(equal_hits) / static_cast<double>(equal);
  return (static_cast<double>(nearer_hits) + expected) / static_cast<double>(k);
}

// The mean of share(i) over the rows where it is not negative, added in the order of the rows.
template <class Share>
double mean_share(int64_t n, const Share& share) {
  std::vector<double> shares(n);
  parallel_ranges(n, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) shares[i] = share(i);
  });
  double sum = 0;
  int64_t count = 0;
  for (double value : shares)
    if (value >= 0) sum += value, ++count;
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

void check_k(std::string_view where, int64_t k) {
  check(k >= 1, where, "The number of neighbours k is ", k, " (valid range is >= 1)");
}

}  // namespace

double class_precision_at_k(const float* rows, int64_t n, int64_t dim, const std::vector<int64_t>& class_of,
                            int64_t k) {
  check_k("class_precision_at_k", k);
  Directions directions("class_precision_at_k", rows, n, dim, class_of.size());
  std::map<int64_t, int64_t> sizes;
  for (int64_t c : class_of) ++sizes[c];
  return mean_share(n, [&](int64_t i) {
    int64_t others = sizes.at(class_of[i]) - 1;
    if (class_of[i] < 0 || others == 0) return -1.0;
    std::vector<Neighbor> all;
    for (int64_t j = 0; j < n; ++j)
      if (j != i) all.push_back({directions.cosine(i, j), class_of[j] == class_of[i]});
    return share_of_nearest(all, std::min(k, others));
  });
}

double same_class_auc(const float* rows, int64_t n, int64_t dim, const std::vector<int64_t>& class_of) {
  Directions directions("same_class_auc", rows, n, dim, class_of.size());
  std::vector<double> same, other;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j)
      if (class_of[i] >= 0 && class_of[j] >= 0)
        (class_of[i] == class_of[j] ? same : other).push_back(directions.cosine(i, j));
  check(!same.empty() && !other.empty(), "same_class_auc", "There are ", same.size(),
        " pairs of one class and ", other.size(), " of two (both must be >= 1)");
  std::sort(other.begin(), other.end());
  uint64_t halves = 0;  // pairs of pairs that are in order count 2, ties 1
  for (double value : same) {
    auto [low, high] = std::equal_range(other.begin(), other.end(), value);
    halves += static_cast<uint64_t>(low - other.begin()) + static_cast<uint64_t>(high - other.begin());
  }
  return static_cast<double>(halves) /
         (2.0 * static_cast<double>(same.size()) * static_cast<double>(other.size()));
}

double control_share_at_k(const float* rows, int64_t n, int64_t dim, const std::vector<int64_t>& class_of,
                          const std::vector<int64_t>& control_of, int64_t k) {
  check_k("control_share_at_k", k);
  Directions directions("control_share_at_k", rows, n, dim, class_of.size());
  check(control_of.size() == class_of.size(), "control_share_at_k", "There are ", control_of.size(),
        " nominal classes for ", n, " rows");
  return mean_share(n, [&](int64_t i) {
    if (control_of[i] < 0) return -1.0;
    check(class_of[i] < 0, "control_share_at_k", "Row ", i, " is both a control and a word of class ",
          class_of[i]);
    std::vector<Neighbor> all;
    for (int64_t j = 0; j < n; ++j)
      if (class_of[j] >= 0) all.push_back({directions.cosine(i, j), class_of[j] == control_of[i]});
    return share_of_nearest(all, k);
  });
}

PlantedScores planted_scores(const data::PlantedTruth& truth, int64_t dim,
                             const std::function<const float*(const std::string&)>& row_of, int64_t k) {
  std::vector<float> rows;
  std::vector<int64_t> class_of, control_of;
  auto add = [&](const std::string& word, int64_t its_class, int64_t its_nominal) {
    const float* row = row_of(word);
    check(row != nullptr, "planted_scores", "The planted word \"", word,
          "\" has no vector. Hint: train on the text that belongs to this truth, with --min-count 1");
    rows.insert(rows.end(), row, row + dim);
    class_of.push_back(its_class);
    control_of.push_back(its_nominal);
  };
  for (size_t c = 0; c < truth.classes.size(); ++c)
    for (const std::string& word : truth.classes[c].words) add(word, static_cast<int64_t>(c), -1);
  for (const data::PlantedControl& control : truth.controls) add(control.word, -1, control.class_index);
  auto n = static_cast<int64_t>(class_of.size());
  return {class_precision_at_k(rows.data(), n, dim, class_of, k),
          same_class_auc(rows.data(), n, dim, class_of),
          control_share_at_k(rows.data(), n, dim, class_of, control_of, k),
          1 / static_cast<double>(truth.classes.size())};
}

}  // namespace lexigrad::train
