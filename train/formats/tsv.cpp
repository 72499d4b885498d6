#include "lexigrad/train/formats/tsv.h"

#include <algorithm>
#include <span>

#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

int64_t columns(std::string_view line) { return 1 + std::count(line.begin(), line.end(), '\t'); }

WordVectors load(const std::string& path) {
  MappedFile file(path);
  LineReader lines(file.bytes(), path);
  std::vector<float> values;
  int64_t dim = 0, count = 0;
  for (; lines.next(); ++count) {
    if (dim == 0) dim = columns(lines.line());
    values.resize(static_cast<size_t>((count + 1) * dim));
    lines.numbers(values.data() + count * dim, dim, '\t');
  }
  return {{}, from_values<float>(values, {count, dim})};
}

void save(const std::string& path, const WordVectors& vectors) {
  const Tensor& rows = vectors.rows;
  int64_t count = rows.size(0), dim = rows.size(1);
  write_file_atomically(path, [&](FileWriter& out) {
    for (int64_t row = 0; row < count; ++row) write_numbers(out, rows.data<float>() + row * dim, dim, '\t');
  });
}

std::vector<std::string> first_column(std::string_view table) {
  std::vector<std::string> out;
  LineReader reader(table, "");
  bool titled = columns(table.substr(0, table.find('\n'))) > 1;
  if (titled) reader.next();
  while (reader.next()) out.push_back(data::unescape_word(reader.field('\t')));
  return out;
}

// Its first line is of two numbers or more with tabs between, and ends or is cut off at kSniffed.
bool sniff(std::string_view start) {
  std::string_view line = start.substr(0, start.find('\n'));
  if (line.size() == start.size()) line = line.substr(0, line.rfind('\t'));
  return start.find('\t') != start.npos && !line.empty() &&
         line.find_first_not_of("0123456789+-.eE\t\r") == line.npos &&
         line.find_first_of("0123456789") != line.npos;
}

}  // namespace

VectorFormat tsv_format() {
  return {.name = ".tsv",
          .program = "TensorBoard",
          .beside = WordsBeside{".metadata.tsv", first_column},
          .save = save,
          .load = load,
          .sniff = sniff};
}

}  // namespace lexigrad::train
