#include "lexigrad/train/runs/start_vectors.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {

int64_t start_from(const std::string& run_or_file, const data::Vocabulary& vocabulary, const Tensor& table) {
  WordVectors from = load_run_vectors(run_or_file);
  int64_t dim = table.size(1), given = from.rows.size(1), taken = 0;
  if (given != dim)
    fail_file("train", text("The vectors have ", given, " numbers, --dim is ", dim, ". Hint: --dim ", given),
              run_or_file);
  Tensor rows = from.rows.to(table.dtype()).contiguous(), start = table.detach();
  dispatch_stored(table.dtype(), [&]<class T>(T) {
    for (size_t i = 0; i < from.words.size(); ++i) {
      int64_t id = vocabulary.find(from.words[i]);
      if (id < 0) continue;
      std::copy_n(rows.data<T>() + static_cast<int64_t>(i) * dim, dim, start.data<T>() + id * dim);
      ++taken;
    }
  });
  if (taken == 0)
    fail_file("train",
              "No word in it is a token of the text. Hint: --tokenizer and --lowercase as it had them",
              run_or_file);
  return taken;
}

}  // namespace lexigrad::train
