#include "lexigrad/train/formats/vec.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/train/formats/fasttext.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

struct Sizes {
  int64_t count = 0, dim = 0;
  bool all() const { return count >= 1 && dim >= 1; }
};

// Two whole numbers that are all of the line: the first line of most files.
std::optional<Sizes> parse_sizes(LineReader& lines) {
  Sizes out;
  bool two = lines.parse(out.count) && lines.parse(out.dim);
  return two && lines.at_end() ? std::optional(out) : std::nullopt;
}

void check_sizes(const LineReader& lines, const Sizes& sizes, size_t bytes) {
  auto limit = static_cast<int64_t>(bytes / 2);  // a value takes two bytes at least
  if (sizes.dim > limit || sizes.count > limit / sizes.dim)
    lines.fail_here(text("The file has ", bytes, " bytes, too few for ", sizes.count, " words of ", sizes.dim,
                         " values"));
}

// GloVe's files have no first line of sizes: each line is a word's.
Sizes count_words(LineReader lines) {
  Sizes out{1, lines.numbers_at_end()};
  while (lines.next()) out.count += !lines.at_end();
  return out;
}

// A part of a text, whole lines of it.
struct Part {
  size_t begin, end;
  int64_t lines;     // in it
  bool has_control;  // bytes that no text has
};

bool has_control(std::string_view bytes) {
  unsigned found = 0;
  for (char c : bytes) found |= static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r';
  return found != 0;
}

std::vector<Part> parts_of(std::string_view bytes) {
  constexpr size_t size = 1 << 20;
  std::vector<Part> parts;
  for (size_t at = 0; at < bytes.size(); at = parts.back().end)
    parts.push_back({at, data::end_of_line(bytes, std::min(at + size, bytes.size())), 0, false});
  parallel_blocks(static_cast<int64_t>(parts.size()), [&](int64_t i) {
    Part& part = parts[static_cast<size_t>(i)];
    std::string_view own = bytes.substr(part.begin, part.end - part.begin);
    part.lines = std::count(own.begin(), own.end(), '\n') + !own.ends_with('\n');
    part.has_control = has_control(own);
  });
  return parts;
}

std::string read_row(LineReader& lines, float* row, int64_t dim) {
  if (std::string_view word = lines.word_and_numbers(row, dim); !word.empty())
    return data::unescape_word(word);
  std::string_view word = lines.word_before(dim);
  bool blanks = word.find_first_of(" \t") != word.npos;
  if (blanks && lines.numbers_at_end() > dim && lines.numbers_at_end() + 1 == lines.fields())
    lines.fail_here(text("The line has more than ", dim, " numbers"));
  std::string out = data::unescape_word(word);
  lines.numbers(row, dim);
  return out;
}

// `sized`: the first line is no word's.
WordVectors read_text(std::string_view bytes, const std::vector<Part>& parts, const Sizes& sizes, bool sized,
                      const std::string& path) {
  const int64_t count = sizes.count, dim = sizes.dim;
  std::vector<int64_t> before{0};  // lines before each part
  for (const Part& part : parts) before.push_back(before.back() + part.lines);
  WordVectors out{{}, empty({count, dim})};
  out.words.resize(static_cast<size_t>(std::min(count, before.back())));
  float* rows = out.rows.data<float>();
  parallel_blocks(static_cast<int64_t>(parts.size()), [&](int64_t i) {
    const auto p = static_cast<size_t>(i);
    LineReader lines(bytes, path, parts[p].begin, before[p]);
    int64_t row = before[p] - sized;
    if (row < 0) lines.next(), parse_sizes(lines), row = 0;
    for (; lines.place() < parts[p].end && lines.next(); ++row)
      if (row < count)
        out.words[static_cast<size_t>(row)] = read_row(lines, rows + row * dim, dim);
      else if (!lines.at_end())
        lines.fail_here(text("The file has more than the ", count, " words of its first line"));
    if (p + 1 == parts.size() && row < count)
      lines.fail_here(text("The file ends after ", row, " words of ", count));
  });
  return out;
}

// word2vec's binary form: behind the first line, for each word "WORD", a blank and its float32 values,
// with or without line ends between them.
WordVectors read_binary(std::string_view bytes, const Sizes& sizes, const std::string& path) {
  const int64_t count = sizes.count, dim = sizes.dim;
  WordVectors out{{}, empty({count, dim})};
  const size_t size = static_cast<size_t>(dim) * sizeof(float);
  size_t at = bytes.find('\n');
  for (int64_t row = 0; row < count; ++row) {
    size_t begin = bytes.find_first_not_of('\n', at), end = bytes.find(' ', begin);
    if (begin == bytes.npos || end == bytes.npos || bytes.size() - end - 1 < size)
      fail_file("vectors",
                text("The binary file ends within word ", row + 1, " of ", count,
                     ". Hint: it was cut short; copy it anew"),
                path, static_cast<int64_t>(bytes.size()));
    out.words.push_back(data::unescape_word(bytes.substr(begin, end - begin)));
    std::memcpy(out.rows.data<float>() + row * dim, bytes.data() + end + 1, size);
    at = end + 1 + size;
  }
  if (size_t more = bytes.find_first_not_of('\n', at); more != bytes.npos)
    fail_file("vectors",
              text("The binary file has more than the ", count,
                   " words of its first line. Hint: it was altered; copy it anew"),
              path, static_cast<int64_t>(more));
  return out;
}

// The line behind the sizes is no word's, and there are bytes that no text has.
bool is_binary(LineReader lines, std::string_view bytes, const std::vector<Part>& parts, int64_t dim) {
  if (!lines.next() || (lines.numbers_at_end() >= dim && lines.fields() > dim)) return false;
  if (std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.has_control; })) return true;
  std::string_view values = bytes.substr(bytes.find('\n') + 1);
  values =
      values.substr(std::min(values.find(' '), values.size()), 1 + static_cast<size_t>(dim) * sizeof(float));
  return std::any_of(values.begin(), values.end(), [](char c) { return (c & 0x80) != 0; });
}

WordVectors load(const std::string& path) {
  const std::string bytes = data::read_utf8(path);
  if (is_fasttext(bytes))
    fail_file("vectors",
              "The bytes are a model of fastText. Hint: it is read unpacked, from a file that ends in .bin",
              path);
  LineReader lines(bytes, path);
  lines.next();
  std::optional<Sizes> sized = parse_sizes(lines);
  Sizes sizes = sized ? *sized : count_words(lines);
  if (!sizes.all())
    lines.fail_here(
        "The first line must be the number of words and the number of values of each, as in \"1000 300\", or "
        "a word and its values");
  check_sizes(lines, sizes, bytes.size());
  const std::vector<Part> parts = parts_of(bytes);
  if (sized && is_binary(lines, bytes, parts, sizes.dim)) return read_binary(bytes, sizes, path);
  return read_text(bytes, parts, sizes, sized.has_value(), path);
}

void save_text(const std::string& path, const WordVectors& vectors) {
  const Tensor& rows = vectors.rows;
  int64_t count = rows.size(0), dim = rows.size(1);
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(text(count, " ", dim, "\n"));
    for (int64_t row = 0; row < count; ++row) {
      out.write(data::escape_word(vectors.words[static_cast<size_t>(row)]) + ' ');
      write_numbers(out, rows.data<float>() + row * dim, dim, ' ');
    }
  });
}

// To the byte as gensim writes it.
void save_binary(const std::string& path, const WordVectors& vectors) {
  const int64_t count = vectors.rows.size(0), dim = vectors.rows.size(1);
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(text(count, " ", dim, "\n"));
    for (int64_t row = 0; row < count; ++row) {
      out.write(data::escape_word(vectors.words[static_cast<size_t>(row)]) + ' ');
      out.write(vectors.rows.data<float>() + row * dim, static_cast<size_t>(dim) * sizeof(float));
    }
  });
}

WordVectors load_binary(const std::string& path) {
  InputFile file(path);
  char first[4] = {};
  file.read(0, first, std::min(sizeof first, static_cast<size_t>(file.size())));
  return is_fasttext({first, sizeof first}) ? load_fasttext(path) : load(path);
}

bool begins_with_sizes(std::string_view start) {
  const std::string nowhere;
  LineReader lines(start, nowhere);
  if (!lines.next() || start.find('\n') == start.npos) return false;
  bool tabs = lines.line().find('\t') != start.npos;  // then it may as well be a .tsv file's row
  std::optional<Sizes> sizes = parse_sizes(lines);
  return !tabs && sizes && sizes->all();
}

}  // namespace

VectorFormat vec_format() {
  return {.name = ".vec",
          .program = "gensim",
          .save = save_text,
          .load = load,
          .sniff = [](std::string_view start) { return begins_with_sizes(start) && !has_control(start); },
          .also_read = ".txt"};
}

VectorFormat bin_format() {
  return {.name = ".bin",
          .program = "word2vec",
          .save = save_binary,
          .load = load_binary,
          .sniff = [](std::string_view start) {
            return is_fasttext(start) || (begins_with_sizes(start) && has_control(start));
          }};
}

}  // namespace lexigrad::train
