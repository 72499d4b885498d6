// Text -> ids of byte pairs, over all threads.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/data/tokenizers/bpe/byte_pairs.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Remembers the ids of pieces that it met: for each thread that encodes at a time in at most kMostRemembered
/// bytes, and half a MiB of characters.
class BytePairEncoder {
 public:
  static constexpr size_t kMostRemembered = size_t{32} << 20;

  explicit BytePairEncoder(BytePairRules rules);
  ~BytePairEncoder();

  const BytePairRules& rules() const { return rules_; }

  /// Takes the ids of the next `bytes` bytes of a text, in parts that are one behind another.
  template <class Id>
  using Take = std::function<void(std::span<const std::span<const Id>> parts, size_t bytes)>;
  /// Gives the ids of a text to `take`, in order; the same for any number of threads. The vocabulary is always the
  /// same one, and its ids fit into an Id: uint16_t, uint32_t or int64_t.
  template <class Id>
  void encode(const Vocabulary& vocabulary, std::string_view text, const Take<Id>& take);

 private:
  class Worker;

  const BytePairs& pairs(const Vocabulary& vocabulary);
  std::unique_ptr<Worker> take(size_t size);
  void give_back(std::unique_ptr<Worker> worker);

  const BytePairRules rules_;
  lexigrad::detail::ForkMutex mutex_;
  std::unique_ptr<const BytePairs> pairs_;        // made when the first piece is merged
  std::vector<std::unique_ptr<Worker>> waiting_;  // as many as threads, each with what it remembers
};

}  // namespace lexigrad::data
