// Cuts a text into words and punctuation marks; the rules are in docs/tokenizers.md.
#pragma once
#include <string>
#include <string_view>

namespace lexigrad::data {

/// Cuts a text into words, one per call of next().
class WordScanner {
 public:
  WordScanner(std::string_view text, bool lowercase)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), lowercase_(lowercase) {}
  /// Moves to the next word; false at the end of the text.
  bool next();
  const std::string& word() const { return word_; }
  /// Where in the text the word begins and ends.
  const char* begin() const { return begin_; }
  const char* end() const { return at_; }

 private:
  void take_ascii();
  void scan_word();
  void scan_run(char32_t code, bool valid);
  void scan_marks();
  bool joins() const;
  void take();

  const char* begin_;
  const char* at_;
  const char* end_;
  bool lowercase_;
  std::string word_;
};

/// Calls use(word) for each word of a text, in order; the view lives until `use` returns.
template <class Use>
void for_each_word(std::string_view text, bool lowercase, const Use& use) {
  for (WordScanner scanner(text, lowercase); scanner.next();) use(std::string_view(scanner.word()));
}

}  // namespace lexigrad::data
