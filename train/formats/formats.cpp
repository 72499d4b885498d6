#include "lexigrad/train/formats/formats.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/formats/safetensors/vectors.h"
#include "lexigrad/train/formats/tsv.h"
#include "lexigrad/train/formats/vec.h"

namespace lexigrad::train {
namespace {
constexpr std::string_view kMark = "\xef\xbb\xbf";  // a byte order mark, which texts of any format may have
}

Table<VectorFormat>& formats() {
  return lexigrad::detail::made_once([] {
    return Table<VectorFormat>(
        "format", {vec_format(), bin_format(), npy_format(), tsv_format(), safetensors_format()});
  });
}

std::string format_list(std::string_view last_word) {
  std::string out;
  size_t left = formats().names().size();
  for (const VectorFormat& format : formats()) {
    out += format.name;
    if (!format.program.empty()) out += text(" (", format.program, ")");
    if (--left > 0) out += left == 1 ? text(" ", last_word, " ") : ", ";
  }
  return out;
}

const VectorFormat* find_format(std::string_view path) {
  const VectorFormat* longest = nullptr;
  for (const VectorFormat& format : formats())
    if (path.ends_with(format.name) && (!longest || format.name.size() > longest->name.size()))
      longest = &format;
  return longest;
}

const VectorFormat* sniff_format(const std::string& path) try {
  InputFile file(path);
  std::string start(std::min(kSniffed, static_cast<size_t>(file.size())), '\0');
  file.read(0, start.data(), start.size());
  for (const VectorFormat& format : formats())
    if (format.sniff(std::string_view(start).substr(start.starts_with(kMark) ? kMark.size() : 0)))
      return &format;
  return nullptr;
} catch (const FileError&) { return nullptr; }

}  // namespace lexigrad::train
