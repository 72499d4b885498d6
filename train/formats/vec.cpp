#include "lexigrad/train/formats/vec.h"

#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

// The first line, "V D"; false where it is none.
bool parse_sizes(LineReader& lines, int64_t& count, int64_t& dim) {
  bool two = lines.parse(count);
  lines.skip(' ');
  two = two && lines.parse(dim);
  lines.skip(' ');
  return two && lines.at_end() && count >= 1 && dim >= 1;
}

std::pair<int64_t, int64_t> read_sizes(LineReader& lines, size_t bytes) {
  int64_t count = 0, dim = 0;
  lines.next();
  if (!parse_sizes(lines, count, dim))
    lines.fail_here(
        "The first line must be the number of words and the number of values of each, as in \"1000 300\"");
  auto limit = static_cast<int64_t>(bytes / 2);  // a value takes two bytes at least
  if (dim > limit || count > limit / dim)
    lines.fail_here(
        text("The file has ", bytes, " bytes, too few for ", count, " words of ", dim, " values"));
  return {count, dim};
}

WordVectors load(const std::string& path) {
  MappedFile file(path);
  LineReader lines(file.bytes(), path);
  auto [count, dim] = read_sizes(lines, file.bytes().size());
  WordVectors out{{}, empty({count, dim})};
  for (int64_t row = 0; row < count; ++row) {
    if (!lines.next()) lines.fail_here(text("The file ends after ", row, " words of ", count));
    out.words.push_back(data::unescape_word(lines.field(' ')));
    lines.numbers(out.rows.data<float>() + row * dim, dim, ' ');
  }
  while (lines.next())
    if (!lines.line().empty())
      lines.fail_here(text("The file has more than the ", count, " words of its first line"));
  return out;
}

void save(const std::string& path, const WordVectors& vectors) {
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

bool sniff(std::string_view start) {
  LineReader lines(start, "");
  int64_t count = 0, dim = 0;
  return lines.next() && start.find('\n') != start.npos && parse_sizes(lines, count, dim);
}

}  // namespace

VectorFormat vec_format() {
  return {.name = ".vec", .program = "gensim", .save = save, .load = load, .sniff = sniff};
}

}  // namespace lexigrad::train
