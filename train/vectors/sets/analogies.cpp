#include "lexigrad/train/vectors/sets/analogies.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/train/vectors/rows.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kProducts = 1 << 22;  // cosines at hand together
constexpr int64_t kPiece = 256;  // similarities of a question that are weighed before the best is sought

struct Question {
  std::array<int64_t, 3> rows;        // of a, b and c
  std::array<int64_t, 3> lines = {};  // theirs among the cosines
  int64_t answer = 0, best = -1;
  float similarity = -1e30f;
  size_t section = 0;
};

// From cosines with a, b and c; constant factors are left out.
void weigh(AnalogyMethod method, const float* a, const float* b, const float* c, int64_t count, float* out) {
  if (method == AnalogyMethod::add)
    for (int64_t i = 0; i < count; ++i) out[i] = b[i] + c[i] - a[i];
  else
    for (int64_t i = 0; i < count; ++i) out[i] = (1 + b[i]) * (1 + c[i]) / (1 + a[i] + 2e-6f);
}

// Goes through the rows first .. first + width - 1, whose cosines with word n are line n of `cosines`.
void answer(Question& question, const WordIndex& index, AnalogyMethod method, const float* cosines,
            int64_t first, int64_t width) {
  float weighed[kPiece];
  auto line = [&](int i) { return cosines + question.lines[static_cast<size_t>(i)] * width; };
  for (int64_t begin = 0; begin < width; begin += kPiece) {
    const int64_t count = std::min(kPiece, width - begin);
    weigh(method, line(0) + begin, line(1) + begin, line(2) + begin, count, weighed);
    for (int64_t i = 0; i < count; ++i) {
      if (!(weighed[i] > question.similarity)) continue;
      const int64_t row = index.first(first + begin + i);
      if (std::find(question.rows.begin(), question.rows.end(), row) != question.rows.end()) continue;
      question.similarity = weighed[i];
      question.best = row;
    }
  }
}

// The questions that can be asked, and the first rows of their words: line n of the cosines is that of words[n].
struct Asked {
  std::vector<Question> questions;
  std::vector<int64_t> words;
  std::unordered_map<int64_t, int64_t> line_of;

  void add(const std::array<int64_t, 4>& rows, size_t section) {
    Question question{.rows = {rows[0], rows[1], rows[2]}, .answer = rows[3], .section = section};
    for (size_t i = 0; i < 3; ++i) {
      auto [at, fresh] = line_of.try_emplace(rows[i], static_cast<int64_t>(words.size()));
      if (fresh) words.push_back(rows[i]);
      question.lines[i] = at->second;
    }
    questions.push_back(question);
  }
};

// Cosines of all words of the questions with a block of rows by one product; three of their lines for each question.
void answer_all(Asked& asked, const Tensor& rows, const WordIndex& index, AnalogyMethod method,
                int64_t size) {
  const auto lines = static_cast<int64_t>(asked.words.size()),
             count = static_cast<int64_t>(asked.questions.size());
  if (lines == 0) return;
  detail::with_rows(rows, asked.words, [&](const auto& table) {
    const Tensor words = table.units(lines, [&](int64_t i) { return asked.words[static_cast<size_t>(i)]; });
    const int64_t block = std::max<int64_t>(kPiece, kProducts / lines);
    for (int64_t first = 0; first < size; first += block) {
      const int64_t width = std::min(block, size - first);
      const Tensor cosines = matmul(words, table.units(width, [&](int64_t i) { return first + i; }).t());
      const float* x = cosines.data<float>();
      parallel_ranges(count, 16, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          answer(asked.questions[static_cast<size_t>(i)], index, method, x, first, width);
      });
    }
  });
}

}  // namespace

std::vector<SectionScore> score_analogies(const Tensor& rows, const WordIndex& index,
                                          const EvaluationSet& set, const AnalogyOptions& options) {
  check(set.kind == SetKind::analogies, "eval", "The set is no set of analogies");
  check(options.restrict >= 1, "eval", "Analogies among the ", options.restrict,
        " first rows (valid: 1 or more)");
  NoGrad off;
  const int64_t size = std::min(index.size(), options.restrict);
  std::vector<SectionScore> out;
  for (const std::string& name : set.sections) out.push_back({.name = name});
  Asked asked;
  for (const EvaluationItem& item : set.items) {
    std::array<int64_t, 4> found;
    std::transform(item.texts.begin(), item.texts.end(), found.begin(),
                   [&](const std::string& word) { return index.find(word); });
    const bool known =
        std::all_of(found.begin(), found.end(), [&](int64_t row) { return row >= 0 && row < size; });
    out[item.section].unknown += !known;
    out[item.section].counted += known || options.unknown == Unknown::counted;
    if (known) asked.add(found, item.section);
  }
  answer_all(asked, rows, index, options.method, size);
  for (const Question& question : asked.questions)
    out[question.section].correct += question.best == question.answer;
  return out;
}

}  // namespace lexigrad::train
