#include "lexigrad/train/formats/vectors.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

constexpr const char* kWhere = "vectors";

// Texts may be packed: NAME.vec.gz is read as NAME.vec.
constexpr std::string_view kPackings[] = {".gz", ".zst"};

std::string without_packing(const std::string& path) {
  for (std::string_view packing : kPackings)
    if (path.ends_with(packing)) return path.substr(0, path.size() - packing.size());
  return path;
}

const VectorFormat& format_to_write(const std::string& path) {
  if (const VectorFormat* found = find_format(path)) return *found;
  fail(kWhere,
       text("The format of \"", path, "\" is unknown. Hint: let the name end in ", format_list("or")));
}

const VectorFormat& format_to_read(const std::string& path) {
  const std::string plain = without_packing(path);
  if (const VectorFormat* found = find_format(plain)) return *found;
  for (const VectorFormat& format : formats())
    if (!format.also_read.empty() && plain.ends_with(format.also_read)) return format;
  const VectorFormat* sniffed = sniff_format(path);
  fail(kWhere, text("The format of \"", path, "\" is unknown",
                    sniffed ? text(" (its bytes are those of a ", sniffed->name, " file)") : "",
                    ". Hint: let the name end in ", format_list("or")));
}

// Calls read(format), and says in its FileError where the file is of another format than
// its ending says.
template <class Read>
auto read_as_named(const std::string& path, const Read& read) {
  const VectorFormat& format = format_to_read(path);
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
  std::string plain = without_packing(path);
  return plain.substr(0, plain.size() - format.name.size()) + format.beside->ending;
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

// The words beside may be packed as well.
std::string read_words_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return data::read_utf8(path);
  for (std::string_view packing : kPackings)
    if (std::string packed = text(path, packing); std::filesystem::exists(packed, error))
      return data::read_utf8(packed);
  return data::read_utf8(path);
}

std::vector<std::string> read_words(const std::string& path, const VectorFormat& format) {
  try {
    return format.beside->parse(read_words_file(words_path(path, format)));
  } catch (const FileError& error) {
    fail_file(kWhere, text("The words that belong to the vectors cannot be read: ", error.what()), path);
  }
}

void check_fit(const WordVectors& vectors, const VectorFormat& format, const std::string& path) {
  const Tensor& rows = vectors.rows;
  auto words = static_cast<int64_t>(vectors.words.size());
  if (rows.rank() == 2 && rows.dtype() != boolean && rows.size(0) == words) return;
  bool title = format.beside && rows.rank() == 2 && words == rows.size(0) + 1;
  fail_file(
      kWhere,
      text("The vectors are ", to_string(rows.shape()), " of ", name(rows.dtype()), ", the words ", words,
           title ? text(". Hint: a file of one column has no header line; is \"",
                        data::shown(vectors.words[0]), "\" one, in ", words_path(path, format), "?")
                 : ". Hint: a matrix of numbers with one word for each row is needed"),
      path);
}

// The first row of each word.
WordVectors without_repeats(const WordVectors& vectors, const std::string& path) {
  std::unordered_set<std::string_view> seen;
  std::vector<size_t> kept;
  seen.reserve(vectors.words.size());
  for (size_t i = 0; i < vectors.words.size(); ++i)
    if (seen.insert(vectors.words[i]).second) kept.push_back(i);
  if (kept.size() == vectors.words.size()) return vectors;
  const auto [first, again] = repeated(vectors.words);
  warn(kWhere, text(vectors.words.size() - kept.size(), " of ", vectors.words.size(), " rows of ", path,
                    " are left out, for their words have a row before: \"",
                    data::shown(vectors.words[static_cast<size_t>(first)]), "\" is in rows ", first, " and ",
                    again, ", counted from 0"));
  int64_t dim = vectors.rows.size(1);
  WordVectors out{{}, empty({static_cast<int64_t>(kept.size()), dim})};
  float* to = out.rows.data<float>();
  for (size_t i : kept) {
    out.words.push_back(vectors.words[i]);
    to = std::copy_n(vectors.rows.data<float>() + static_cast<int64_t>(i) * dim, dim, to);
  }
  return out;
}

void warn_of_values(const WordVectors& vectors, const std::string& path) {
  const int64_t count = vectors.rows.size(0), dim = vectors.rows.size(1);
  std::vector<char> odd(static_cast<size_t>(count));
  parallel_ranges(count, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = vectors.rows.data<float>() + i * dim;
      odd[static_cast<size_t>(i)] = !std::all_of(row, row + dim, [](float x) { return std::isfinite(x); });
    }
  });
  const auto rows = std::count(odd.begin(), odd.end(), 1);
  if (rows == 0) return;
  const auto first = std::find(odd.begin(), odd.end(), 1) - odd.begin();
  warn(kWhere,
       text(rows, " of ", count, " rows of ", path, " have values that are not finite, first that of \"",
            data::shown(vectors.words[static_cast<size_t>(first)]), "\", row ", first, " counted from 0"));
}

}  // namespace

Tensor checked_rows(const WordVectors& vectors) {
  const Tensor& rows = vectors.rows;
  check(rows.defined() && rows.rank() == 2 && rows.numel() > 0 && is_floating(arithmetic_dtype(rows.dtype())),
        kWhere, "Vectors must be a (V, D) matrix of float32 with V and D at least 1, got ",
        rows.defined() ? text(to_string(rows.shape()), " of ", name(rows.dtype())) : "nothing");
  check(rows.size(0) == static_cast<int64_t>(vectors.words.size()), kWhere, vectors.words.size(),
        " words do not fit ", rows.size(0), " rows. Hint: give one word for each row");
  auto [first, second] = repeated(vectors.words);
  check(first < 0, kWhere, "The word \"", first < 0 ? "" : data::shown(vectors.words[first]),
        "\" is in rows ", first, " and ", second, ". Hint: name each row differently");
  return rows.to(float32).contiguous();
}

std::vector<std::string> save_vectors(const std::string& path, const WordVectors& vectors) {
  NoGrad off;
  const VectorFormat& format = format_to_write(path);
  Tensor rows = checked_rows(vectors);
  std::vector<std::string> written{path};
  if (format.beside) written.push_back(words_path(path, format));
  write_files_together([&] {
    format.save(path, {vectors.words, rows});
    if (format.beside) write_file_atomically(written.back(), word_lines(vectors.words));
  });
  return written;
}

WordVectors load_vectors(const std::string& path) {
  NoGrad off;
  WordVectors out = read_as_named(path, [&](const VectorFormat& format) {
    WordVectors read = format.load(path);
    if (format.beside) read.words = read_words(path, format);
    check_fit(read, format, path);
    return read;
  });
  out.rows = out.rows.to(float32).contiguous();
  out = without_repeats(out, path);
  warn_of_values(out, path);
  return out;
}

FileContents load_contents(const std::string& path) {
  NoGrad off;
  if (const VectorFormat& format = format_to_read(path); !format.contents) {
    WordVectors vectors = load_vectors(path);
    return {{{"weight", vectors.rows}}, {}, {{"words", text(vectors.words.size())}}};
  }
  return read_as_named(path, [&](const VectorFormat& format) { return format.contents(path); });
}

}  // namespace lexigrad::train
