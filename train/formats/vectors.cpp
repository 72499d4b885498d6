#include "lexigrad/train/formats/vectors.h"

#include <unordered_map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

constexpr const char* kWhere = "vectors";

const VectorFormat& format_of(const std::string& path) {
  const VectorFormat* found = find_format(path);
  if (found) return *found;
  const VectorFormat* sniffed = sniff_format(path);
  fail(kWhere, text("The format of \"", path, "\" is unknown",
                    sniffed ? text(" (its bytes are those of a ", sniffed->name, " file)") : "",
                    ". Hint: let the name end in ", format_list("or")));
}

// Calls read(format), and says in its FileError where the file is of another format than its ending says.
template <class Read>
auto read_as_named(const std::string& path, const Read& read) {
  const VectorFormat& format = format_of(path);
  try {
    return read(format);
  } catch (const FileError& error) {
    const VectorFormat* sniffed = sniff_format(path);
    if (!sniffed || sniffed == &format) throw;
    fail_again(error, text("; its bytes are those of a ", sniffed->name, " file"));
  }
}

// Where the words of NAME.npy and NAME.tsv are.
std::string words_path(const std::string& path, const VectorFormat& format) {
  return path.substr(0, path.size() - format.name.size()) + format.beside->ending;
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
  check(first < 0, kWhere, "The word \"", first < 0 ? "" : data::shown(vectors.words[first]),
        "\" is in rows ", first, " and ", second, ". Hint: name each row differently");
  return rows.to(float32).contiguous();
}

std::vector<std::string> read_words(const std::string& path, const VectorFormat& format) {
  try {
    MappedFile file(words_path(path, format));
    return format.beside->parse(file.bytes());
  } catch (const FileError& error) {
    fail_file(kWhere, text("The words that belong to the vectors cannot be read: ", error.what()), path);
  }
}

}  // namespace

std::vector<std::string> save_vectors(const std::string& path, const WordVectors& vectors) {
  NoGrad off;
  const VectorFormat& format = format_of(path);
  Tensor rows = checked_rows(vectors);
  std::vector<std::string> written{path};
  if (format.beside) {
    written.push_back(words_path(path, format));
    write_file_atomically(written.back(), word_lines(vectors.words));
  }
  format.save(path, {vectors.words, rows});
  return written;
}

WordVectors load_vectors(const std::string& path) {
  NoGrad off;
  WordVectors out = read_as_named(path, [&](const VectorFormat& format) {
    WordVectors read = format.load(path);
    if (format.beside) read.words = read_words(path, format);
    return read;
  });
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
              text("Rows ", first, " and ", second, " (counted from 0) are both \"",
                   data::shown(out.words[first]), "\". Hint: remove one"),
              path);
  out.rows = rows.to(float32);
  return out;
}

FileContents load_contents(const std::string& path) {
  NoGrad off;
  if (const VectorFormat& format = format_of(path); !format.contents) {
    WordVectors vectors = load_vectors(path);
    return {{{"weight", vectors.rows}}, {}, {{"words", text(vectors.words.size())}}};
  }
  return read_as_named(path, [&](const VectorFormat& format) { return format.contents(path); });
}

}  // namespace lexigrad::train
