// Whether ops of this thread are recorded.
#pragma once

namespace lexigrad {

/// False inside a NoGrad scope of this thread.
bool grad_enabled();

/// While one of these lives, ops of this thread are not recorded.
class [[nodiscard]] NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

namespace detail {
/// Sets whether ops are recorded, while it lives.
class Recording {
 public:
  explicit Recording(bool on);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  bool before_;
};
}  // namespace detail

}  // namespace lexigrad
