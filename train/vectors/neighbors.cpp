#include "lexigrad/train/vectors/neighbors.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/train/vectors/rows.h"

namespace lexigrad {
namespace {

using detail::with_rows;
constexpr std::string_view kWhere = "neighbors";
constexpr int64_t kGrainValues = 1 << 16;  // of the table, that one block of work reads
constexpr int64_t kQueryBlock = 512,
                  kRowBlock = 4096;  // queries and rows whose products are at hand together

// The k most similar, in their order.
void keep_best(std::vector<NearRow>& rows, int64_t k) {
  k = std::min<int64_t>(k, static_cast<int64_t>(rows.size()));
  std::partial_sort(rows.begin(), rows.begin() + k, rows.end(), [](const NearRow& a, const NearRow& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.id < b.id;
  });
  rows.resize(static_cast<size_t>(k));
}

// The k rows, but `except`, where similarity(row) is largest.
template <class Rows, class Similarity>
std::vector<NearRow> best_rows(const Rows& rows, int64_t k, const std::vector<int64_t>& except,
                               const Similarity& similarity) {
  const int64_t grain = std::max<int64_t>(1, kGrainValues / std::max<int64_t>(rows.dim(), 1));
  std::vector<std::vector<NearRow>> best(static_cast<size_t>((rows.size() + grain - 1) / grain));
  parallel_ranges(rows.size(), grain, [&](int64_t begin, int64_t end) {
    std::vector<NearRow>& block = best[static_cast<size_t>(begin / grain)];
    for (int64_t row = begin; row < end; ++row)
      if (double value = similarity(row); std::find(except.begin(), except.end(), row) == except.end())
        block.push_back({row, value});
    keep_best(block, k);
  });
  std::vector<NearRow> all;
  for (const std::vector<NearRow>& block : best) all.insert(all.end(), block.begin(), block.end());
  keep_best(all, k);
  return all;
}

template <class Rows>
std::vector<NearRow> best_by_cosine(const Rows& rows, const std::vector<double>& direction, int64_t k,
                                    const std::vector<int64_t>& except) {
  return best_rows(rows, k, except, [&](int64_t row) { return rows.cosine(direction, row); });
}

// The rows that may be among the k most similar to one row, by similarities that are wrong by at most `slack` / 2.
class Candidates {
 public:
  void offer(int64_t id, float similarity, int64_t k, float slack) {
    if (similarity < least_) return;
    found_.push_back({id, similarity});
    if (found_.size() >= limit_) trim(k, slack);
  }
  void trim(int64_t k, float slack) {
    if (static_cast<int64_t>(found_.size()) > k) {
      auto last = found_.begin() + (k - 1);
      std::nth_element(found_.begin(), last, found_.end(),
                       [](const NearRow& a, const NearRow& b) { return a.similarity > b.similarity; });
      least_ = static_cast<float>(last->similarity) - slack;
      std::erase_if(found_, [&](const NearRow& near) { return near.similarity < least_; });
    }
    limit_ = 2 * found_.size() + 64;
  }
  std::vector<NearRow>& found() { return found_; }

 private:
  std::vector<NearRow> found_;
  float least_ = -2;
  size_t limit_ = 64;
};

// Products in float32 say which rows may be the nearest; these are measured as one query would measure them.
template <class Rows>
std::vector<std::vector<NearRow>> nearest_to_each(const Rows& rows, const std::vector<int64_t>& ids,
                                                  int64_t k) {
  const float slack = static_cast<float>(rows.dim() + 4) * 0x1p-23f;  // sums of dim products, rounded
  const auto count = static_cast<int64_t>(ids.size());
  const Tensor queries = rows.units(count, [&](int64_t i) { return ids[static_cast<size_t>(i)]; });
  std::vector<Candidates> candidates(ids.size());
  for (int64_t first = 0; first < rows.size(); first += kRowBlock) {
    const int64_t width = std::min(kRowBlock, rows.size() - first);
    const Tensor products = matmul(queries, rows.units(width, [&](int64_t i) { return first + i; }).t());
    const float* x = products.data<float>();
    parallel_ranges(count, 8, [&](int64_t begin, int64_t end) {
      for (int64_t query = begin; query < end; ++query)
        for (int64_t i = 0; i < width; ++i)
          if (first + i != ids[static_cast<size_t>(query)])
            candidates[static_cast<size_t>(query)].offer(first + i, x[query * width + i], k, slack);
    });
  }
  std::vector<std::vector<NearRow>> out(ids.size());
  parallel_ranges(count, 8, [&](int64_t begin, int64_t end) {
    for (auto query = static_cast<size_t>(begin); query < static_cast<size_t>(end); ++query) {
      std::vector<double> direction(static_cast<size_t>(rows.dim()));
      rows.add_direction(direction, ids[query], 1);
      candidates[query].trim(k, slack);
      out[query] = std::move(candidates[query].found());
      for (NearRow& near : out[query]) near.similarity = rows.cosine(direction, near.id);
      keep_best(out[query], k);
    }
  });
  return out;
}

// The direction of a vector of any length but 0.
std::vector<double> direction_of(const std::vector<double>& vector) {
  const detail::Rows<double> row(from_values<double>(vector, {1, static_cast<int64_t>(vector.size())}));
  check(row.length(0) > 0, kWhere, "The vector is all zeros: it points nowhere. Hint: ask for another");
  return row.direction(0);
}

// A product of (1 + cosine) / 2 with each of the rows `to`.
template <class Rows>
double shared_similarity(const Rows& rows, const std::vector<std::vector<double>>& to, int64_t row) {
  double product = 1;
  for (const std::vector<double>& direction : to) product *= (1 + rows.cosine(direction, row)) / 2;
  return product;
}

template <class Rows>
std::vector<NearRow> analogy_by_product(const Rows& rows, const std::vector<int64_t>& positive,
                                        const std::vector<int64_t>& negative, int64_t k,
                                        const std::vector<int64_t>& all) {
  constexpr double epsilon = 1e-6;  // gensim's
  std::vector<std::vector<double>> near, far;
  for (int64_t id : positive) near.push_back(rows.direction(id));
  for (int64_t id : negative) far.push_back(rows.direction(id));
  return best_rows(rows, k, all, [&](int64_t row) {
    return shared_similarity(rows, near, row) / (shared_similarity(rows, far, row) + epsilon);
  });
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
    return best_by_cosine(rows, query, k, {id});
  });
}

std::vector<std::vector<NearRow>> nearest_rows(const Tensor& weight, const std::vector<int64_t>& ids,
                                               int64_t k) {
  check_k(k);
  NoGrad off;
  return with_rows(weight, ids, [&](const auto& rows) {
    std::vector<std::vector<NearRow>> out;
    for (size_t first = 0; first < ids.size(); first += kQueryBlock) {
      auto begin = ids.begin() + static_cast<int64_t>(first);
      auto end = ids.begin() + static_cast<int64_t>(std::min(ids.size(), first + kQueryBlock));
      for (std::vector<NearRow>& near : nearest_to_each(rows, {begin, end}, k))
        out.push_back(std::move(near));
    }
    return out;
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
    return best_by_cosine(rows, direction_of(query), k, except);
  });
}

std::vector<NearRow> analogy(const Tensor& weight, const std::vector<int64_t>& positive,
                             const std::vector<int64_t>& negative, int64_t k, AnalogyMethod method) {
  check_k(k);
  std::vector<int64_t> all = positive;
  all.insert(all.end(), negative.begin(), negative.end());
  check(!all.empty(), kWhere, "No row is given. Hint: name one at least");
  return with_rows(weight, all, [&](const auto& rows) {
    std::vector<double> sum(static_cast<size_t>(rows.dim()));
    for (int64_t id : positive) rows.add_direction(sum, id, 1);
    for (int64_t id : negative) rows.add_direction(sum, id, -1);
    const std::vector<double> direction = direction_of(sum);
    return method == AnalogyMethod::multiply ? analogy_by_product(rows, positive, negative, k, all)
                                             : best_by_cosine(rows, direction, k, all);
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
