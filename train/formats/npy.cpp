#include "lexigrad/train/formats/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/bytes.h"
#include "lexigrad/train/formats/elements.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

std::string header_text(const Tensor& array) {
  auto code = std::find_if(elements().begin(), elements().end(),
                           [&](const Element& e) { return e.dtype == array.dtype(); });
  check(!code->npy.empty(), "npy", "NumPy has no ", name(array.dtype()),
        ". Hint: x.to(float32) converts; safetensors files keep it");
  std::string out =
      text("{'descr': '", code->bytes == 1 ? '|' : '<', code->npy, "', 'fortran_order': False, 'shape': (");
  for (int64_t d : array.shape()) out += text(d, array.rank() == 1 ? "," : ", ");
  if (array.rank() > 1) out.resize(out.size() - 2);
  out += "), }";
  size_t end = kNpyMagic.size() + 4 + out.size() + 1;
  out.append((64 - end % 64) % 64, ' ');  // the data starts at a multiple of 64
  return out + "\n";
}

// The header is a Python dict with three known keys.
class HeaderReader : public NpyHeader {
 public:
  HeaderReader(std::string_view text, const std::string& path, int64_t offset)
      : text_(text), path_(path), offset_(offset) {}

  void read() {
    expect('{');
    while (!accept('}')) {
      std::string_view key = quoted();
      expect(':');
      if (key == "descr")
        read_dtype();
      else if (key == "fortran_order")
        read_order();
      else if (key == "shape")
        read_shape();
      else
        fail_here("The header has an unknown key");
      if (++keys_ > 3) fail_here("The header repeats a key");
      accept(',');
    }
    if (keys_ != 3) fail_here("The header lacks descr, fortran_order or shape");
  }

 private:
  // A byte order and a letter with the number of bytes: "<f4".
  void read_dtype() {
    skip_spaces();
    if (text_.substr(at_).starts_with('[')) fail_here("The array is a structured one, of several fields");
    std::string_view value = quoted(), code = value.substr(value.empty() ? 0 : 1);
    for (const Element& each : elements())
      if (!code.empty() && each.npy == code &&
          std::string_view("<>|=").find(value[0]) != std::string_view::npos)
        element = &each;
    big_endian = value.starts_with('>');
    if (!element)
      fail_here(lexigrad::text("The dtype is '", data::shown(value), "'; ", element_list(&Element::npy),
                               " are read, in either byte order"));
  }
  void read_order() {
    skip_spaces();
    fortran = text_.substr(at_).starts_with("True");
    if (!fortran && !text_.substr(at_).starts_with("False")) fail_here("The order is neither True nor False");
    at_ += fortran ? 4 : 5;
  }
  void read_shape() {
    expect('(');
    sizes.clear();
    while (!accept(')')) {
      sizes.push_back(number());
      if (sizes.size() > 64) fail_here("The shape has more than 64 sizes");
      accept(',');
    }
  }
  int64_t number() {
    skip_spaces();
    int64_t value = -1;
    auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) fail_here("A size of the shape is not a number from 0");
    at_ = static_cast<size_t>(end - text_.data());
    accept('L');  // Python 2 wrote it behind large numbers
    return value;
  }
  std::string_view quoted() {
    char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect(quote);
    size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail_here("A text of the header does not end");
    std::string_view out = text_.substr(at_, end - at_);
    at_ = end + 1;
    return out;
  }
  void skip_spaces() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }
  bool accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail_here(lexigrad::text("The header needs ", c, " here"));
  }
  [[noreturn]] void fail_here(const std::string& what) {
    fail_file("npy", what + ". Hint: np.save writes a fitting file", path_,
              offset_ + static_cast<int64_t>(at_));
  }

  std::string_view text_;
  const std::string& path_;
  int64_t offset_;
  size_t at_ = 0;
  int keys_ = 0;
};

constexpr int64_t kStart = 12;               // bytes in which the length of the header is
constexpr int64_t kLongestHeader = 1 << 20;  // that is read from a pipe

// Where the header's text starts and ends, by the first bytes of a file.
std::pair<int64_t, int64_t> header_place(std::string_view first, const std::string& path) {
  unsigned char start[kStart] = {};
  std::memcpy(start, first.data(), first.size());
  if (!first.starts_with(kNpyMagic) || start[6] < 1 || start[6] > 3)
    fail_file("npy", "This is no .npy file of version 1 to 3. Hint: np.save writes one", path, 0);
  int64_t begin = start[6] == 1 ? 10 : 12;
  int64_t length = start[8] | start[9] << 8;
  if (start[6] > 1) length |= int64_t{start[10]} << 16 | int64_t{start[11]} << 24;
  return {begin, begin + length};
}

[[noreturn]] void fail_header(int64_t length, const std::string& path, int64_t end) {
  fail_file("npy",
            text("The header should have ", length,
                 " bytes, the file ends before. Hint: it was cut short; copy it anew"),
            path, end);
}

std::pair<int64_t, int64_t> header_place(const InputFile& file) {
  std::string first(static_cast<size_t>(std::min<int64_t>(file.size(), kStart)), '\0');
  file.read(0, first.data(), first.size());
  auto [begin, end] = header_place(first, file.path());
  if (end > file.size()) fail_header(end - begin, file.path(), file.size());
  return {begin, end};
}

void check_size(const InputFile& file, const HeaderReader& header, int64_t begin) {
  int64_t bound = header.element->bytes;  // of the bytes, empty dimensions counted as 1
  bool fits = true;
  for (int64_t d : header.sizes)
    fits = fits && !__builtin_mul_overflow(bound, std::max<int64_t>(d, 1), &bound);
  if (!fits || Shape(header.sizes).numel() * header.element->bytes != file.size() - begin)
    fail_file("npy",
              text("The shape ", to_string(Shape(header.sizes)), " does not fill the file's ",
                   file.size() - begin, " bytes of data. Hint: it was cut short or altered; copy it anew"),
              file.path(), begin);
}

Tensor read_data(const InputFile& file, const HeaderReader& header, const Shape& shape, int64_t begin) {
  auto size = static_cast<size_t>(file.size() - begin);
  if (header.big_endian || !is_as_stored(*header.element)) {
    std::string bytes(size, '\0');
    file.read(begin, bytes.data(), size);
    return decode(*header.element, bytes, shape, header.big_endian);
  }
  Tensor out = empty(shape, header.element->dtype);
  char* data = element_bytes(out);
  file.read(begin, data, size);
  if (out.dtype() == boolean)
    for (size_t i = 0; i < size; ++i) data[i] = data[i] != 0;
  return out;
}

}  // namespace

void save_npy(const std::string& path, const Tensor& array) {
  NoGrad off;
  Tensor dense = array.contiguous();
  std::string header = header_text(dense);
  check(header.size() < 65536, "npy", "The shape has too many sizes: ", array.rank());
  write_file_atomically(path, [&](FileWriter& out) {
    out.write(kNpyMagic);
    const char sizes[4] = {1, 0, static_cast<char>(header.size() & 255),
                           static_cast<char>(header.size() >> 8)};
    out.write(sizes, 4);
    out.write(header);
    out.write(element_bytes(dense), static_cast<size_t>(dense.numel() * item_size(dense.dtype())));
  });
}

NpyHeader read_npy_header(data::ByteSource& source, const std::string& path) {
  std::string bytes;
  data::append_bytes(bytes, source, kStart);
  auto [begin, end] = header_place(bytes, path);
  if (end > kLongestHeader)
    fail_file("npy", text("The header should have ", end, " bytes. Hint: np.save writes shorter ones"), path,
              0);
  if (auto size = static_cast<int64_t>(bytes.size()); end > size)
    data::append_bytes(bytes, source, static_cast<size_t>(end - size));
  if (auto size = static_cast<int64_t>(bytes.size()); end != size) fail_header(end - begin, path, size);
  HeaderReader header(std::string_view(bytes).substr(static_cast<size_t>(begin)), path, begin);
  header.read();
  return header;
}

Tensor load_npy(const std::string& path) {
  InputFile file(path);
  auto [begin, end] = header_place(file);
  std::string header(static_cast<size_t>(end - begin), '\0');
  file.read(begin, header.data(), header.size());
  HeaderReader reader(header, path, begin);
  reader.read();
  check_size(file, reader, end);
  if (!reader.fortran) return read_data(file, reader, Shape(reader.sizes), end);
  NoGrad off;
  std::vector<int64_t> turned(reader.sizes.rbegin(), reader.sizes.rend()), dims(turned.size());
  for (size_t i = 0; i < dims.size(); ++i) dims[i] = static_cast<int64_t>(dims.size() - 1 - i);
  return permute(read_data(file, reader, Shape(turned), end), dims).contiguous();
}

VectorFormat npy_format() {
  return {.name = ".npy",
          .program = "numpy",
          .beside = WordsBeside{".words.txt", split_words},
          .save = [](const std::string& path, const WordVectors& vectors) { save_npy(path, vectors.rows); },
          .load =
              [](const std::string& path) {
                return WordVectors{{}, load_npy(path)};
              },
          .sniff = [](std::string_view start) { return start.starts_with(kNpyMagic); },
          .contents =
              [](const std::string& path) {
                return FileContents{{{"array", load_npy(path)}}, {}, {}};
              }};
}

}  // namespace lexigrad::train
