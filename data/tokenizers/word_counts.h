// How often each word is in texts: all that a vocabulary of words is learnt from.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// The largest of the counts that go where more than half of `most` different things would stay (lossy counting: Manku
/// and Motwani 2002, with bounds that adapt). There are more than `most` counts.
int64_t largest_forgotten(std::vector<int64_t> counts, size_t most);

/// Counts over all threads, the same for any number of them. Where more than `most` different words were met, the
/// rarest so far are forgotten, until half as many are left: memory stays bounded, and no count is too low by more
/// than short_by() says.
class WordCounts {
 public:
  static constexpr int64_t kMost = int64_t{1} << 23;

  explicit WordCounts(bool lowercase = false, int64_t most = kMost) : lowercase_(lowercase), most_(most) {}
  /// A block of the text is in memory at a time.
  void add_text(ByteSource& text);
  void add_text(std::string_view text);

  /// Words met, each as often as it was.
  int64_t total() const { return total_; }
  /// Different words that are known, in the order in which they were met.
  const Vocabulary& words() const { return words_; }
  int64_t count(int64_t id) const { return words_.count(id); }
  int64_t short_by() const { return short_by_; }

 private:
  struct Part;
  void forget_rarest();

  bool lowercase_;
  int64_t most_, total_ = 0, short_by_ = 0;
  Vocabulary words_;
};

}  // namespace lexigrad::data
