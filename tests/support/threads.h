// Another number of threads for one scope.
#pragma once
#include "lexigrad/autograd/base/parallel.h"

namespace lexigrad::test {

/// Sets the number of threads for as long as it lives.
class Threads {
 public:
  explicit Threads(int threads) : before_(num_threads()) { set_num_threads(threads); }
  Threads(const Threads&) = delete;
  ~Threads() { set_num_threads(before_); }

 private:
  int before_;
};

}  // namespace lexigrad::test
