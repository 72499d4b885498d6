// The English words of the planted corpus. No word stands in two places (a test sees to it).
#pragma once
#include <span>
#include <string_view>

namespace lexigrad::data {

/// A class in English: blank-separated words, the most frequent first.
struct EnglishClass {
  std::string_view name, words, verbs, adjectives, places;
};

/// The classes that a planted corpus takes first.
std::span<const EnglishClass> english_classes();

/// The sentences of a planted corpus: N is the class word, V, A and P its verb,
/// adjective and place.
std::span<const std::string_view> sentence_templates();

}  // namespace lexigrad::data
