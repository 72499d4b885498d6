#include "format.h"  // "lexigrad/train/formats/raw.h"

#include <cstring>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

constexpr std::string_view kMagic = "RAW1";
constexpr size_t kHead = kMagic.size() + sizeof(int64_t);

void save(const std::string& path, const WordVectors& vectors) {
  int64_t dim = vectors.rows.size(1);
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(kMagic);
    out.write(&dim, sizeof dim);
    out.write(vectors.rows.data<float>(), static_cast<size_t>(vectors.rows.numel()) * sizeof(float));
  });
}

WordVectors load(const std::string& path) {
  MappedFile file(path);
  std::string_view bytes = file.bytes();
  if (bytes.size() < kHead || !bytes.starts_with(kMagic)) fail_file("raw", "The head is damaged", path, 0);
  int64_t dim = 0;
  std::memcpy(&dim, bytes.data() + kMagic.size(), sizeof dim);
  size_t size = bytes.size() - kHead;
  if (dim < 1 || dim > static_cast<int64_t>(size) || size % (static_cast<size_t>(dim) * sizeof(float)) != 0)
    fail_file("raw", text("Rows of ", dim, " numbers do not fill ", size, " bytes"), path, kHead);
  std::vector<float> values(size / sizeof(float));
  std::memcpy(values.data(), bytes.data() + kHead, size);
  return {{}, from_values<float>(values, {static_cast<int64_t>(values.size()) / dim, dim})};
}

}  // namespace

VectorFormat raw_format() {
  return {.name = ".raw",
          .program = {},
          .beside = WordsBeside{".words.txt", split_words},
          .save = save,
          .load = load,
          .sniff = [](std::string_view start) { return start.starts_with(kMagic); }};
}

}  // namespace lexigrad::train
