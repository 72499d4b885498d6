// A dataset of single samples, and a function that makes a batch of them.
#pragma once
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace lexigrad::data {

/// For samples that are no rows of one tensor, such as sentences of different lengths: `source` has size() and
/// get(i), and collate(std::vector of get(i)'s type) makes the batch of any type.
template <class Source, class Collate>
class Collated {
 public:
  Collated(Source source, Collate collate) : source_(std::move(source)), collate_(std::move(collate)) {}

  int64_t size() const { return source_.size(); }
  auto gather(std::span<const int64_t> samples) const {
    std::vector<std::decay_t<decltype(source_.get(0))>> items;
    for (int64_t sample : samples) items.push_back(source_.get(sample));
    return collate_(std::move(items));
  }

 private:
  Source source_;
  Collate collate_;
};

}  // namespace lexigrad::data
