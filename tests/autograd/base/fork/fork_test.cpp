// A child of fork() in a program that has run parallel work.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/function.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/data/loader.h"

using namespace lexigrad;
using namespace std::chrono_literals;

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

struct Twice : Function<Twice> {
  static Tensor forward(Context&, const Tensor& x) { return x * 2; }
  static Tensor backward(Context&, const Tensor& dy) { return dy * 2; }
};

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
#if !LEXIGRAD_ADDRESS_SANITIZER
namespace {

// The status of a child that was forked while two threads work, which began `wait` before.
int status_beside_threads(std::chrono::nanoseconds wait) {
  std::atomic<bool> begun = false, over = false;
  auto small_work = [] {
    Tensor w = ones({4}).requires_grad_();
    sum(zeros({3000}) + Twice::apply(w)[0]).backward();
  };
  auto busy = [&] {
    while (!begun) {}
    while (!over) small_work();
  };
  std::thread one(busy), other(busy);
  begun = true;
  for (auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - start < wait;) {}
  int status = status_of_child([&] {
    small_work();
    return 0;
  });
  over = true;
  one.join();
  other.join();
  return status;
}

}  // namespace

TEST_CASE("a child of fork() finds no lock held, whatever other threads were at") {
  for (int k = 0; k < 20; ++k) CHECK(status_beside_threads(1ms) == 0);
}

// Each time in a process of its own, in which the library has not worked yet (where this test runs alone).
TEST_CASE("a child of fork() finds no lock held while threads use the library for the first time") {
  for (int k = 0; k < 100; ++k)
    CHECK(status_of_child([&] { return status_beside_threads(k * 500ns) == 0 ? 0 : 1; }) == 0);
}
#endif

TEST_CASE("a child of fork() that goes on with its parent's batches is told to begin anew") {
  data::DataLoader loader(data::NextTokenDataset(std::vector<int64_t>(100), {.max_length = 4}),
                          {.batch_size = 2});
  auto batch = loader.begin();
  CHECK(status_of_child([&] {
          try {
            for (int k = 0; k < 5; ++k) ++batch;
          } catch (const std::exception& error) {
            int64_t count = 0;
            for (const auto& each : loader) count += each.inputs.size(0);
            return std::string(error.what()).find("begin the iteration in the child") != std::string::npos &&
                           count > 0
                       ? 0
                       : 1;
          }
          return 2;
        }) == 0);
}
