// A child of fork() in a program that has run parallel work.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

Tensor work() {
  manual_seed(3);
  Tensor a = randn({300, 300}).requires_grad_(), b = randn({300, 300});
  sum(gelu(matmul(a, b))).backward();
  return a.grad();
}

// The exit status of a child that runs `body`, or -1 where it does not end in 20 seconds.
template <class Body>
int status_of_child(const Body& body) {
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a child of fork() works on with one thread and the same bits") {
  int threads = num_threads();
  set_num_threads(3);
  Tensor expected = work();
  CHECK(status_of_child([&] { return num_threads() == 1 && equal(work(), expected) ? 0 : 1; }) == 0);
  CHECK(num_threads() == 3);
  set_num_threads(threads);
}

// AddressSanitizer's own allocator holds locks over fork() where other threads allocate.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("a child of fork() finds no lock held, whatever other threads were at") {
  std::atomic<bool> over = false;
  auto busy = [&] {
    while (!over) {
      Tensor w = ones({4}).requires_grad_();
      sum(zeros({3000}) + w[0]).backward();
    }
  };
  std::thread one(busy), other(busy);
  for (int k = 0; k < 20; ++k)
    CHECK(status_of_child([] {
            Tensor w = ones({4}).requires_grad_();
            for (int64_t n = 100; n < 100000; n *= 3) sum(zeros({n}) + w[0]).backward();
            return 0;
          }) == 0);
  over = true;
  one.join();
  other.join();
}
#endif
