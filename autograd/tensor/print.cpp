// Tensors as text, in PyTorch's form.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {

PrintOptions chosen;
constexpr std::string_view kPrefix = "tensor(";

std::string number(double value, std::chars_format form, int digits) {
  if (std::isnan(value)) return "nan";
  char text[400];  // 309 digits before the point at most
  return std::string(text, std::to_chars(text, std::end(text), value, form, digits).ptr);
}

// The positions along a dimension that are printed; -1 stands for the dots.
std::vector<int64_t> shown(int64_t size, bool summarize) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < size; ++i) {
    if (summarize && size > 2 * chosen.edge_items && i == chosen.edge_items) {
      all.push_back(-1);
      i = size - chosen.edge_items;
      if (i == size) break;
    }
    all.push_back(i);
  }
  return all;
}

// What all elements have in common: the notation, and the width they are aligned to.
struct Format {
  bool whole = true, scientific = false;
  size_t width = 1;

  std::string operator()(double value) const {
    if (scientific) return number(value, std::chars_format::scientific, chosen.precision);
    if (!whole) return number(value, std::chars_format::fixed, chosen.precision);
    return number(value, std::chars_format::fixed, 0) + (std::isfinite(value) ? "." : "");
  }
  std::string operator()(int64_t value) const { return text(value); }
  std::string operator()(bool value) const { return value ? "True" : "False"; }

  // Zeros, infinities and NaN have no say in the choice.
  explicit Format(const std::vector<double>& values) {
    double least = INFINITY, most = 0;
    auto counts = [](double v) { return std::isfinite(v) && v != 0; };
    for (double v : values) {
      if (!counts(v)) continue;
      least = std::min(least, std::abs(v));
      most = std::max(most, std::abs(v));
      whole = whole && v == std::ceil(v);
    }
    if (most == 0) return;
    scientific = chosen.sci_mode.value_or(most / least > 1000 || most > 1e8 || least < 1e-4);
    for (double v : values)
      if (counts(v)) width = std::max(width, (*this)(v).size());
  }
  template <class T>
  explicit Format(const std::vector<T>& values) {
    for (T v : values) width = std::max(width, (*this)(v).size());
  }
};

class Printer {
 public:
  explicit Printer(const Tensor& x) : x_(x), summarize_(x.numel() > chosen.threshold) {
    if (x.numel() == 0) return;
    for (int64_t size : x.shape()) positions_.push_back(shown(size, summarize_));
    dispatch_stored(x.dtype(), [&]<class T>(T) {
      constexpr bool narrow = std::is_same_v<T, float> || std::is_same_v<T, BFloat16>;
      using Value = std::conditional_t<narrow, double, T>;
      std::vector<Value> values;
      collect<T>(0, 0, values);
      Format format(values);
      width_ = format.width;
      for (Value value : values) words_.push_back(padded(format(value)));
    });
  }

  std::string run() { return x_.numel() == 0 ? "[]" : x_.rank() == 0 ? words_[0] : block(0); }

 private:
  const std::vector<int64_t>& positions(int64_t dim) const { return positions_[static_cast<size_t>(dim)]; }
  std::string padded(const std::string& word) const {
    return std::string(width_ - std::min(width_, word.size()), ' ') + word;
  }

  // The shown elements, in order.
  template <class T, class Value>
  void collect(int64_t dim, int64_t offset, std::vector<Value>& values) const {
    if (dim == x_.rank()) return values.push_back(static_cast<Value>(detail::pointer<T>(x_)[offset]));
    for (int64_t i : positions(dim))
      if (i >= 0) collect<T>(dim + 1, offset + i * x_.strides()[dim], values);
  }

  std::string vector(int64_t dim) {
    int64_t element = static_cast<int64_t>(width_) + 2;  // and ", "
    int64_t per_line = std::max<int64_t>(1, (chosen.line_width - indent(dim)) / element), column = 0;
    std::string out;
    for (int64_t i : positions(dim)) {
      if (column > 0) out += column % per_line ? ", " : line_break(dim, 1);
      out += i < 0 ? " ..." : words_[next_++];
      ++column;
    }
    return "[" + out + "]";
  }

  std::string block(int64_t dim) {
    int64_t below = x_.rank() - 1 - dim;
    if (below == 0) return vector(dim);
    std::string out;
    for (int64_t i : positions(dim)) {
      if (!out.empty()) out += line_break(dim, below);
      out += i < 0 ? "..." : block(dim + 1);
    }
    return "[" + out + "]";
  }

  int64_t indent(int64_t dim) const { return static_cast<int64_t>(kPrefix.size()) + dim; }
  std::string line_break(int64_t dim, int64_t lines) const {
    std::string out(1, ',');
    out.append(static_cast<size_t>(lines), '\n');
    return out.append(static_cast<size_t>(indent(dim) + 1), ' ');
  }

  const Tensor x_;
  bool summarize_;
  std::vector<std::vector<int64_t>> positions_;
  size_t width_ = 1;
  std::vector<std::string> words_;  // the shown elements
  size_t next_ = 0;
};

// "log_softmax" is <LogSoftmaxBackward0>.
std::string gradient_name(std::string_view op) {
  std::string out;
  bool upper = true;
  for (char c : op) {
    if (c != '_') out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return text("<", out, "Backward0>");
}

// What follows the values.
std::vector<std::string> suffixes(const Tensor& x) {
  std::vector<std::string> out;
  if (x.numel() == 0 && x.rank() != 1) {
    std::string sizes = to_string(x.shape());
    out.push_back(text("size=(", sizes.substr(1, sizes.size() - 2), ")"));
  }
  bool plain = x.dtype() == float32 || (x.numel() > 0 && !is_floating(x.dtype()) && x.dtype() != bfloat16);
  if (!plain) out.push_back(text("dtype=", name(x.dtype())));
  if (!x.is_leaf())
    out.push_back(text("grad_fn=", gradient_name(detail::body_of(x)->node->name)));
  else if (x.requires_grad())
    out.emplace_back("requires_grad=True");
  return out;
}

}  // namespace

void set_print_options(const PrintOptions& options) {
  check(options.precision >= 0 && options.precision <= 30 && options.threshold >= 0 &&
            options.edge_items >= 0 && options.line_width > 0,
        "set_print_options", "precision ", options.precision, ", threshold ", options.threshold,
        ", edge_items ", options.edge_items, ", line_width ", options.line_width,
        " (valid: precision 0..30, threshold and edge_items 0 and more, line_width 1 and more)");
  chosen = options;
}
PrintOptions print_options() { return chosen; }

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "None";
  std::string out = std::string(kPrefix) + Printer(tensor).run();
  size_t column = out.size() - (out.rfind('\n') + 1) + 2;  // PyTorch's count: the line, and two more
  for (const std::string& suffix : suffixes(tensor)) {
    bool fits = column + suffix.size() + 2 <= static_cast<size_t>(chosen.line_width);
    out += fits ? ", " : ",\n" + std::string(kPrefix.size(), ' ');
    out += suffix;
    column = (fits ? column + 2 : kPrefix.size()) + suffix.size();
  }
  return out + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << to_string(tensor); }

}  // namespace lexigrad
