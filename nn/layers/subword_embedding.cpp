#include "lexigrad/nn/layers/subword_embedding.h"

#include <algorithm>
#include <unordered_map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/init.h"

namespace lexigrad::nn {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::vector<std::string> character_ngrams(std::string_view word, int64_t minn, int64_t maxn) {
  std::string whole = text("<", word, ">");
  std::vector<std::string> out;
  for (size_t begin = 0; begin < whole.size(); ++begin) {
    if (continues(whole[begin])) continue;
    size_t end = begin;
    for (int64_t n = 1; n <= maxn && end < whole.size(); ++n) {
      for (++end; end < whole.size() && continues(whole[end]);) ++end;
      bool is_mark = n == 1 && (begin == 0 || end == whole.size());
      if (n >= minn && !is_mark) out.push_back(whole.substr(begin, end - begin));
    }
  }
  return out;
}

uint32_t ngram_hash(std::string_view ngram) {
  uint32_t hash = 2166136261U;
  for (char byte : ngram) {
    hash ^= static_cast<uint32_t>(static_cast<int8_t>(byte));
    hash *= 16777619U;
  }
  return hash;
}

SubwordEmbedding::SubwordEmbedding(std::vector<std::string> words, int64_t embedding_dim,
                                   const SubwordOptions& options)
    : words_(std::move(words)), options_(options) {
  check(!words_.empty() && embedding_dim > 0, "SubwordEmbedding",
        "Needs at least one word and one column, got ", words_.size(), " and ", embedding_dim);
  check(options.minn >= 1 && options.maxn >= options.minn, "SubwordEmbedding", "minn and maxn are ",
        options.minn, " and ", options.maxn, " (valid: 1 <= minn <= maxn)");
  check(options.buckets > 0, "SubwordEmbedding", "Needs at least one bucket, got ", options.buckets);
  std::unordered_map<std::string_view, int64_t> seen;
  begin_.push_back(0);
  for (size_t id = 0; id < words_.size(); ++id) {
    auto [first, fresh] = seen.emplace(words_[id], id);
    check(fresh && !words_[id].empty(), "SubwordEmbedding", "Word ", id, ", \"", words_[id], "\", is ",
          words_[id].empty() ? "empty" : text("that of id ", first->second, ", too"),
          ". Hint: name each id differently");
    rows_.push_back(static_cast<int64_t>(id));
    add_ngrams(words_[id], rows_);
    begin_.push_back(static_cast<int64_t>(rows_.size()));
  }
  Tensor table = empty({static_cast<int64_t>(words_.size()) + options.buckets, embedding_dim});
  double bound = 1 / static_cast<double>(embedding_dim);
  init::uniform_(table, -bound, bound);
  weight_ = Parameter(table);
}

void SubwordEmbedding::add_ngrams(std::string_view word, std::vector<int64_t>& rows) const {
  for (const std::string& ngram : character_ngrams(word, options_.minn, options_.maxn))
    rows.push_back(static_cast<int64_t>(words_.size()) +
                   static_cast<int64_t>(ngram_hash(ngram)) % options_.buckets);
}

Tensor SubwordEmbedding::forward(const Tensor& ids) const {
  int64_t count = static_cast<int64_t>(words_.size());
  std::vector<int64_t> rows, offsets{0};
  check(ids.dtype() == int64, "SubwordEmbedding", "Ids must be int64, got ", name(ids.dtype()),
        ". Hint: ids.to(int64) converts");
  for (int64_t id : ids.to_vector<int64_t>()) {
    check(id >= 0 && id < count, "SubwordEmbedding", "Id ", id, " is outside the words (valid are 0..",
          count - 1, "). Hint: vector(word) takes words that have no id");
    auto at = static_cast<size_t>(id);
    rows.insert(rows.end(), rows_.begin() + begin_[at], rows_.begin() + begin_[at + 1]);
    offsets.push_back(static_cast<int64_t>(rows.size()));
  }
  Tensor y = embedding_bag(weight_, tensor(rows), tensor(offsets), {}, {.include_last_offset = true});
  return y.reshape(ids.shape().with(ids.rank(), weight_.size(1)));
}

std::vector<int64_t> SubwordEmbedding::rows_of(std::string_view word) const {
  auto known = std::find(words_.begin(), words_.end(), word);
  std::vector<int64_t> rows;
  if (known != words_.end()) rows.push_back(known - words_.begin());
  add_ngrams(word, rows);
  return rows;
}

Tensor SubwordEmbedding::vector(std::string_view word) const {
  Scope scope(*this);
  return embedding_bag(weight_, tensor(rows_of(word)), tensor({0}))[0];
}

std::string SubwordEmbedding::extra_repr() const {
  return text(words_.size(), ", ", weight_.size(1), ", minn=", options_.minn, ", maxn=", options_.maxn,
              ", buckets=", options_.buckets);
}

}  // namespace lexigrad::nn
