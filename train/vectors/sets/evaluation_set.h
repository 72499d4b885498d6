// Files of what people said of words, against which vectors are measured.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace lexigrad::train {

enum class SetKind {
  pairs,      ///< "a b score": two words and how alike they are
  analogies,  ///< "a b c d": a is to b as c is to d, under lines ": section"
  classes,    ///< "word class"
  sentences   ///< "text<tab>text<tab>score": two texts and how alike they are
};
/// The names of SetKind, in its order.
inline constexpr const char* kSetKinds[] = {"pairs", "analogies", "classes", "sentences"};

struct EvaluationItem {
  std::vector<std::string> texts;  ///< the fields but the score
  double score = 0;
  size_t section = 0;
};

struct EvaluationSet {
  SetKind kind;
  std::vector<std::string> sections;  ///< of analogies
  std::vector<EvaluationItem> items;
};

/// What is done with an item that has a word without a vector (a text without any word that has one).
enum class Unknown {
  left_out,
  counted  ///< as a pair of similarity 0, a question answered wrong: gensim's dummy4unknown
};

/// Reads a file, one item a line; empty lines and those that begin with '#' are left out. The first item tells the kind
/// unless one is given, and what stands between fields: a tab where it has one, else a comma, else blanks. Three fields
/// with tabs between are sentences where a text of the file has a blank in it. Throws FileError with the line for one
/// that does not fit, and for a file without items.
EvaluationSet read_evaluation_set(const std::string& path, std::optional<SetKind> kind = {});

}  // namespace lexigrad::train
