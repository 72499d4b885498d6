#include "lexigrad/train/formats/tsv.h"

#include <algorithm>
#include <span>

#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

int64_t columns(std::string_view line) { return 1 + std::count(line.begin(), line.end(), '\t'); }

WordVectors load(const std::string& path) {
  const std::string bytes = data::read_utf8(path);
  LineReader lines(bytes, path);
  std::vector<float> values;
  int64_t dim = 0, count = 0;
  while (lines.next()) {
    if (lines.at_end()) continue;
    if (dim == 0) dim = columns(lines.line().substr(0, lines.line().find_last_not_of(" \t") + 1));
    values.resize(static_cast<size_t>(++count * dim));
    lines.numbers(values.data() + (count - 1) * dim, dim);
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
  const std::string nowhere;
  LineReader reader(table, nowhere);
  bool titled = columns(table.substr(0, table.find('\n'))) > 1;
  if (titled) reader.next();
  while (reader.next()) out.push_back(data::unescape_word(reader.field('\t')));
  return out;
}

// The first line is of two numbers or more with tabs between; the last may be cut off.
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
