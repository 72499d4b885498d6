#include "lexigrad/train/formats/vectors.h"

#include <algorithm>
#include <unordered_map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/text_vectors.h"
#include "lexigrad/train/formats/words.h"

namespace lexigrad::train {
namespace {

constexpr const char* kWhere = "vectors";
constexpr const char* kWords = "words";  // the metadata of a .safetensors file
constexpr std::string_view kEndings[] = {".vec", ".npy", ".tsv", ".safetensors"};

std::string_view ending_of(const std::string& path) {
  auto* found = std::find_if(std::begin(kEndings), std::end(kEndings),
                             [&](std::string_view ending) { return path.ends_with(ending); });
  check(found != std::end(kEndings), kWhere, "The format of \"", path,
        "\" is unknown. Hint: let the name end in .vec (gensim), .npy (numpy), .tsv (TensorBoard) or "
        ".safetensors");
  return *found;
}

// Where the words of OUT.npy and OUT.tsv are.
std::string words_path(const std::string& path, std::string_view ending) {
  return path.substr(0, path.size() - ending.size()) + (ending == ".npy" ? ".words.txt" : ".metadata.tsv");
}

// The indices of a word that occurs twice, or {-1, -1}.
std::pair<int64_t, int64_t> repeated(const std::vector<std::string>& words) {
  std::unordered_map<std::string_view, int64_t> first;
  first.reserve(words.size());
  for (size_t i = 0; i < words.size(); ++i) {
    auto [place, fresh] = first.try_emplace(words[i], static_cast<int64_t>(i));
    if (!fresh) return {place->second, static_cast<int64_t>(i)};
  }
  return {-1, -1};
}

Tensor checked_rows(const WordVectors& vectors) {
  const Tensor& rows = vectors.rows;
  check(rows.defined() && rows.rank() == 2 && rows.numel() > 0 && is_floating(rows.dtype()), kWhere,
        "Vectors must be a (V, D) matrix of float32 with V and D at least 1, got ",
        rows.defined() ? text(to_string(rows.shape()), " of ", name(rows.dtype())) : "nothing");
  check(rows.size(0) == static_cast<int64_t>(vectors.words.size()), kWhere, vectors.words.size(),
        " words do not fit ", rows.size(0), " rows. Hint: give one word for each row");
  auto [first, second] = repeated(vectors.words);
  check(first < 0, kWhere, "The word \"", first < 0 ? "" : shown(vectors.words[first]), "\" is in rows ",
        first, " and ", second, ". Hint: name each row differently");
  return rows.to(float32).contiguous();
}

void save_rows(const std::string& path, const Tensor& rows, char separator,
               const std::vector<std::string>* words) {
  int64_t count = rows.size(0), dim = rows.size(1);
  write_file_atomically(path, [&](FileWriter& out) {
    if (words) out.write(text(count, " ", dim, "\n"));
    for (int64_t row = 0; row < count; ++row) {
      if (words) out.write(escape_word((*words)[static_cast<size_t>(row)]) + separator);
      formats::write_numbers(out, detail::pointer<float>(rows) + row * dim, dim, separator);
    }
  });
}

std::vector<std::string> read_words(const std::string& path, std::string_view ending) {
  try {
    MappedFile file(words_path(path, ending));
    return ending == ".npy" ? formats::split_words(file.bytes()) : formats::first_column(file.bytes());
  } catch (const FileError& error) {
    fail_file(kWhere, text("The words that belong to the vectors cannot be read: ", error.what()), path);
  }
}

WordVectors read_pair(const std::string& path, std::string_view ending) {
  Tensor rows = ending == ".npy" ? load_npy(path) : formats::read_tsv(path);
  return {read_words(path, ending), rows};
}

WordVectors read_safetensors(const std::string& path) {
  SafetensorsFile file = load_safetensors(path);
  const Tensor* rows = file.find("weight");
  auto words = file.metadata.find(kWords);
  if (!rows || words == file.metadata.end())
    fail_file(kWhere,
              "The file has no tensor \"weight\" with metadata \"words\" (one word a line). Hint: `lexigrad "
              "inspect` lists what is in it",
              path);
  return {formats::split_words(words->second), *rows};
}

}  // namespace

std::vector<std::string> save_vectors(const std::string& path, const WordVectors& vectors) {
  NoGrad off;
  std::string_view ending = ending_of(path);
  Tensor rows = checked_rows(vectors);
  if (ending == ".vec") {
    save_rows(path, rows, ' ', &vectors.words);
    return {path};
  }
  std::string lines = formats::word_lines(vectors.words);
  if (ending == ".safetensors") {
    save_safetensors(path, {{"weight", rows}}, {{kWords, lines}});
    return {path};
  }
  std::string beside = words_path(path, ending);
  write_file_atomically(beside, lines);
  if (ending == ".npy")
    save_npy(path, rows);
  else
    save_rows(path, rows, '\t', nullptr);
  return {path, beside};
}

WordVectors load_vectors(const std::string& path) {
  NoGrad off;
  std::string_view ending = ending_of(path);
  WordVectors out = ending == ".vec"           ? formats::read_vec(path)
                    : ending == ".safetensors" ? read_safetensors(path)
                                               : read_pair(path, ending);
  const Tensor& rows = out.rows;
  if (rows.rank() != 2 || !is_floating(rows.dtype()) ||
      rows.size(0) != static_cast<int64_t>(out.words.size()))
    fail_file(kWhere,
              text("The vectors are ", to_string(rows.shape()), " of ", name(rows.dtype()), ", the words ",
                   out.words.size(), ". Hint: a matrix of floats with one word for each row is needed"),
              path);
  auto [first, second] = repeated(out.words);
  if (first >= 0)
    fail_file(kWhere,
              text("Rows ", first, " and ", second, " (counted from 0) are both \"", shown(out.words[first]),
                   "\". Hint: remove one"),
              path);
  out.rows = rows.to(float32);
  return out;
}

}  // namespace lexigrad::train
