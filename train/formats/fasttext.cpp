#include "lexigrad/train/formats/fasttext.h"

#include <algorithm>
#include <cstring>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/nn/layers/subword_embedding.h"

namespace lexigrad::train {
namespace {

constexpr std::string_view kMagic = "\xba\x16\x4f\x2f";  // 793712314
constexpr std::string_view kEndOfLine = "</s>";          // the one word without n-grams
constexpr int32_t kSupervised = 3;

// Reads a model's fields one after another.
class ModelReader {
 public:
  explicit ModelReader(const std::string& path) : file_(path), window_(size_t{1} << 16, '\0') {}

  /// Names what comes next, for errors.
  void enter(const char* part) { part_ = part; }
  int64_t left() const { return file_.size() - at_; }
  template <class T>
  T next() {
    T value;
    read(&value, sizeof value);
    return value;
  }
  std::string word() {
    std::string out;
    while (char c = next<char>()) out += c;
    return out;
  }
  void read(void* out, int64_t size) {
    if (size > left()) fail_here(text("The model ends within its ", part_));
    if (size > static_cast<int64_t>(window_.size())) {
      file_.read(at_, out, static_cast<size_t>(size));
    } else {
      if (at_ < begin_ || at_ + size > end_) look_from(at_);
      std::memcpy(out, window_.data() + (at_ - begin_), static_cast<size_t>(size));
    }
    at_ += size;
  }
  [[noreturn]] void fail_here(const std::string& what) const {
    const bool own = what.find("Hint: ") != std::string::npos;
    fail_file("fasttext", text(what, own ? "" : ". Hint: the file was cut short or altered; copy it anew"),
              file_.path(), at_);
  }

 private:
  void look_from(int64_t place) {
    begin_ = place;
    end_ = std::min(place + static_cast<int64_t>(window_.size()), file_.size());
    file_.read(begin_, window_.data(), static_cast<size_t>(end_ - begin_));
  }

  InputFile file_;
  std::string window_;
  int64_t at_ = 0, begin_ = 0, end_ = 0;
  const char* part_ = "options";
};

struct ModelOptions {
  int64_t dim, buckets, minn, maxn;
};

ModelOptions read_options(ModelReader& in) {
  char first[4];
  in.read(first, sizeof first);
  if (!is_fasttext({first, sizeof first})) in.fail_here("The file is no model of fastText");
  const auto version = in.next<int32_t>();
  if (version != 11 && version != 12)
    in.fail_here(text("The model has version ", version,
                      "; 11 and 12 are read. Hint: convert it by a fastText of today"));
  int32_t numbers[12];
  for (int32_t& each : numbers) each = in.next<int32_t>();
  in.next<double>();
  const int32_t model = numbers[7];
  ModelOptions out{numbers[0], numbers[8], numbers[9], numbers[10]};
  if (version == 11 && model == kSupervised) out.maxn = 0;  // as fastText takes its old classifiers
  if (out.dim < 1 || out.buckets < 0 || (out.maxn > 0 && out.buckets == 0))
    in.fail_here(text("The model's options are damaged: dim ", out.dim, ", bucket ", out.buckets, ", maxn ",
                      out.maxn));
  return out;
}

// The words of a dictionary: labels come behind them.
std::vector<std::string> read_words(ModelReader& in) {
  in.enter("dictionary");
  const auto size = in.next<int32_t>(), words = in.next<int32_t>(), labels = in.next<int32_t>();
  in.next<int64_t>();  // how many tokens the text had
  const auto pruned = in.next<int64_t>();
  if (words < 0 || labels < 0 || size != int64_t{words} + labels)
    in.fail_here(
        text("The dictionary has ", size, " entries, but ", words, " words and ", labels, " labels"));
  if (pruned >= 0)
    in.fail_here(
        "The model is quantized: its dictionary was pruned. Hint: take the model that it was made from, or the .vec file "
        "beside it");
  if (words == 0) in.fail_here("The model has no words");
  std::vector<std::string> out;
  for (int32_t i = 0; i < size; ++i) {
    std::string word = in.word();
    in.next<int64_t>();  // how often it occurred
    const bool label = in.next<int8_t>() != 0;
    if (label != (i >= words))
      in.fail_here(text("Entry ", i, " of the dictionary is ", label ? "a label" : "a word"));
    if (!label) out.push_back(std::move(word));
  }
  return out;
}

// Goes to the first of `rows` rows of `dim` numbers.
void enter_matrix(ModelReader& in, int64_t rows, int64_t dim) {
  in.enter("matrix");
  if (in.next<int8_t>() != 0)
    in.fail_here(
        "The model is quantized. Hint: take the model that it was made from, or the .vec file beside it");
  const auto height = in.next<int64_t>(), width = in.next<int64_t>();
  if (height != rows || width != dim)
    in.fail_here(
        text("The matrix is ", height, " x ", width, " where words and buckets make ", rows, " x ", dim));
  if (in.left() / dim / 4 < rows) in.fail_here("The model ends within its matrix");
}

// In float32 and in fastText's order, so that the bits are its own.
void add_ngrams(float* row, const std::string& word, const float* buckets, const ModelOptions& options) {
  if (word == kEndOfLine) return;
  const auto ngrams = nn::character_ngrams(word, options.minn, options.maxn);
  for (const std::string& ngram : ngrams) {
    const float* other =
        buckets + static_cast<int64_t>(nn::ngram_hash(ngram)) % options.buckets * options.dim;
    for (int64_t k = 0; k < options.dim; ++k) row[k] += other[k];
  }
  const auto share = static_cast<float>(1.0 / static_cast<double>(ngrams.size() + 1));
  for (int64_t k = 0; k < options.dim; ++k) row[k] *= share;
}

}  // namespace

bool is_fasttext(std::string_view start) { return start.starts_with(kMagic); }

WordVectors load_fasttext(const std::string& path) {
  ModelReader in(path);
  const ModelOptions options = read_options(in);
  WordVectors out{read_words(in), {}};
  const auto count = static_cast<int64_t>(out.words.size());
  enter_matrix(in, count + options.buckets, options.dim);
  out.rows = empty({count, options.dim});
  auto* rows = out.rows.data<float>();
  in.read(rows, out.rows.numel() * 4);
  if (options.maxn <= 0) return out;
  Tensor table = empty({options.buckets, options.dim});
  in.read(table.data<float>(), table.numel() * 4);
  const float* buckets = table.data<float>();
  parallel_ranges(count, 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      add_ngrams(rows + i * options.dim, out.words[static_cast<size_t>(i)], buckets, options);
  });
  return out;
}

}  // namespace lexigrad::train
