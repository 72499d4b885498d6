// What a planted corpus was made to teach, and the same as JSON.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lexigrad::data {

/// The defaults give a text of about 0.8 MB: 10 classes of English words, animals and fruits first.
struct PlantedOptions {
  uint64_t seed = 1;
  int64_t classes = 10;            ///< >= 2; the first 12 are English, later ones are made up
  int64_t words_per_class = 20;    ///< >= 2; the first 24 are English, later ones are made up
  int64_t sentences = 20000;       ///< lines of text; at least min_count for each class word and control
  int64_t controls_per_class = 2;  ///< >= 0
  int64_t min_count = 10;          ///< >= 1; no class word or control occurs less often
};

/// Words whose neighbours in the text are drawn from one distribution. Counts follow Zipf's law (count of
/// rank r is count of rank 1 over r, but never below min_count); words are in order of rank.
struct PlantedClass {
  std::string name;
  std::vector<std::string> words;
  std::vector<int64_t> counts;                         ///< occurrences of each word in the text
  std::vector<std::string> verbs, adjectives, places;  ///< the context words that only this class has
};

/// A word as frequent as `matches` of class `class_index` (to one occurrence), in the contexts of all classes
/// alike: its vector must find the words of that class at chance, 1 / classes.
struct PlantedControl {
  std::string word;
  int64_t class_index = 0;
  std::string matches;
  int64_t count = 0;
};

/// What was planted.
struct PlantedTruth {
  PlantedOptions options;
  std::vector<PlantedClass> classes;
  std::vector<PlantedControl> controls;
};

/// The truth as JSON: options, "classes" (name, words, counts, verbs, adjectives, places), "controls" (word,
/// class, matches, count).
std::string truth_json(const PlantedTruth& truth);
/// Reads truth_json's text back. Throws FileError naming `path` where it is not such a text.
PlantedTruth parse_truth(const std::string& json, const std::string& path);

}  // namespace lexigrad::data
