// Fuzzes the reader of sets of word pairs, analogies, classes and sentences, and measures vectors by what was read.
#include "lexigrad/train/vectors/sets/evaluation_set.h"

#include "fuzz/readers/reader.h"
#include "lexigrad/train/vectors/sets/analogies.h"
#include "lexigrad/train/vectors/sets/set_scores.h"

namespace lexigrad::fuzz {

std::string file_name() { return "set"; }

void write_seeds(const std::string& folder) {
  spill(folder + "/pairs", "# heading\na\tb\t1.5\nB\tc\t-2e1\n");
  spill(folder + "/analogies", ": one\na b c d\n: two\nA B C a\n");
  spill(folder + "/classes", "a x\nb x\nc y\n");
  spill(folder + "/sentences", "a b\tthe c\t1\nd\t\xC3\x89, a\t2\n");
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  static const Tensor rows = tensor({{1., 0.}, {1., 1.}, {0., 1.}, {-1., 2.}});
  static const train::WordIndex index({"a", "b", "c", "d"});
  const train::EvaluationSet set = train::read_evaluation_set(path);
  require(!set.items.empty(), "an empty set is read");
  if (set.kind == train::SetKind::analogies)
    train::score_analogies(rows, index, set);
  else if (set.kind == train::SetKind::classes)
    train::score_classes(rows, index, set);
  else
    train::score_pairs(rows, index, set);
}

}  // namespace lexigrad::fuzz
