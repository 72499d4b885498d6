// Sizes or strides of a tensor: a short list of 64-bit numbers, inline up to six.
#pragma once
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lexigrad {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span<const int64_t>(dims.begin(), dims.size())) {}
  Shape(const std::vector<int64_t>& dims) : Shape(std::span<const int64_t>(dims)) {}
  explicit Shape(std::span<const int64_t> dims);
  Shape(int64_t rank, int64_t value);
  Shape(const Shape& other) { copy(other); }
  Shape(Shape&& other) noexcept { steal(other); }
  Shape& operator=(const Shape& other) {
    if (this != &other) {
      clear();
      copy(other);
    }
    return *this;
  }
  Shape& operator=(Shape&& other) noexcept {
    if (this != &other) {
      clear();
      steal(other);
    }
    return *this;
  }
  ~Shape() { clear(); }

  int64_t rank() const { return rank_; }
  int64_t size() const { return rank_; }
  int64_t* data() { return rank_ <= kInlineRank ? inline_ : heap_; }
  const int64_t* data() const { return rank_ <= kInlineRank ? inline_ : heap_; }
  int64_t* begin() { return data(); }
  int64_t* end() { return data() + rank_; }
  const int64_t* begin() const { return data(); }
  const int64_t* end() const { return data() + rank_; }
  int64_t& operator[](int64_t i) { return data()[i]; }
  int64_t operator[](int64_t i) const { return data()[i]; }
  int64_t back() const { return data()[rank_ - 1]; }
  bool operator==(const Shape& other) const {
    return rank_ == other.rank_ && std::memcmp(data(), other.data(), static_cast<size_t>(rank_) * 8) == 0;
  }
  /// Product of the sizes (1 for rank 0). Throws where those that are no zero
  /// multiply past 2^63 - 1: so would strides.
  int64_t numel() const {
    std::optional<int64_t> n = product();
    if (!n) [[unlikely]]
      fail_too_large();
    return *n;
  }
  /// The same, or nothing where it would throw.
  std::optional<int64_t> product() const {
    int64_t n = 1;
    bool empty = false, fits = true;
    for (int64_t d : *this) {
      empty |= d == 0;
      fits &= d == 0 || !__builtin_mul_overflow(n, d, &n);
    }
    return fits ? std::optional<int64_t>(empty ? 0 : n) : std::nullopt;
  }
  /// The sizes without entry `dim`.
  Shape without(int64_t dim) const;
  /// The sizes with `size` put in before entry `dim`.
  Shape with(int64_t dim, int64_t size) const;

 private:
  static constexpr int64_t kInlineRank = 6;
  [[noreturn]] void fail_too_large() const;
  void copy(const Shape& other) {
    rank_ = other.rank_;
    if (rank_ <= kInlineRank)
      std::memcpy(inline_, other.inline_, sizeof inline_);
    else
      copy_heap(other);
  }
  void steal(Shape& other) {
    rank_ = other.rank_;
    std::memcpy(inline_, other.inline_, sizeof inline_);
    other.rank_ = 0;
  }
  void clear() {
    if (rank_ > kInlineRank) delete[] heap_;
  }
  void copy_heap(const Shape& other);

  int64_t rank_ = 0;
  union {
    int64_t inline_[kInlineRank] = {};
    int64_t* heap_;
  };
};

/// As PyTorch writes it, under our own name: lexigrad.Size([8, 4, 256]).
std::ostream& operator<<(std::ostream& out, const Shape& shape);
/// The bare list, for messages: [8, 4, 256].
void append(std::string& out, const Shape& shape);
std::string to_string(const Shape& shape);

/// Strides of a contiguous tensor.
Shape contiguous_strides(const Shape& shape);
/// The shape that both broadcast to; throws naming both where they do not.
Shape broadcast(const char* op, const Shape& a, const Shape& b);
/// `dim` counted from the front; negative counts from the back. Throws where it is
/// outside -rank..rank-1, and for rank 0.
int64_t wrap_dim(const char* op, int64_t dim, int64_t rank);
/// The same for ops that take a scalar as a list of one: its dimensions 0 and -1 are 0.
int64_t wrap_dim_or_scalar(const char* op, int64_t dim, int64_t rank);
/// The sum of two sizes; throws where it passes 2^63 - 1.
int64_t add_sizes(const char* op, int64_t a, int64_t b);

}  // namespace lexigrad
