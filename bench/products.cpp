// gemm: matrix products in fixed tiles against one call of the BLAS with as many threads; small ones in a
// batch against a loop of calls. Prints times of the BLAS over ours.
#include <cblas.h>
#include <omp.h>

#include <cstdio>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;

namespace {

struct Shape3 {
  const char* name;
  int64_t m, n, k;
  bool a_transposed, b_transposed;
};

double ratio(const Shape3& s, int repeats) {
  Tensor a = randn({s.m, s.k}), b = randn({s.k, s.n}), c = empty({s.m, s.n});
  int64_t lda = s.a_transposed ? s.m : s.k, ldb = s.b_transposed ? s.k : s.n;
  auto ours = [&] {
    kernels::gemm<float>(s.m, s.n, s.k, {a.data<float>(), lda, s.a_transposed},
                         {b.data<float>(), ldb, s.b_transposed}, 0, c.data<float>(), s.n);
  };
  auto theirs = [&] {
    cblas_sgemm(CblasRowMajor, s.a_transposed ? CblasTrans : CblasNoTrans,
                s.b_transposed ? CblasTrans : CblasNoTrans, static_cast<int>(s.m), static_cast<int>(s.n),
                static_cast<int>(s.k), 1, a.data<float>(), static_cast<int>(lda), b.data<float>(),
                static_cast<int>(ldb), 0, c.data<float>(), static_cast<int>(s.n));
  };
  std::vector<double> ratios;
  ours(), theirs();
  for (int i = 0; i < repeats; ++i) {
    double mine = bench::seconds(ours);
    ratios.push_back(bench::seconds(theirs) / mine);
  }
  return bench::median(ratios);
}

double small_ratio(int64_t n, int repeats) {
  int64_t batch = (1 << 18) / (n * n);  // 1 MiB an operand: the products are timed, not memory
  Tensor a = randn({batch, n, n}), b = randn({batch, n, n}), c = empty({batch, n, n});
  NoGrad off;
  auto loop = [&] {
    int size = static_cast<int>(n);
    for (int64_t i = 0; i < batch; ++i)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a.data<float>() + i * n * n,
                  size, b.data<float>() + i * n * n, size, 0, c.data<float>() + i * n * n, size);
  };
  double mine = bench::timed(repeats, [&] { matmul(a, b); });
  return bench::timed(repeats, loop) / mine;
}

}  // namespace

void bench::products(int repeats) {
  omp_set_num_threads(num_threads());  // what the BLAS takes when it is called directly
  const Shape3 shapes[] = {
      {"512", 512, 512, 512, false, false},     {"1024", 1024, 1024, 1024, false, false},
      {"2048", 2048, 2048, 2048, false, false}, {"logits", 2048, 50257, 256, false, true},
      {"dx", 2048, 256, 50257, false, false},   {"dw", 50257, 256, 2048, true, false},
  };
  std::printf("{\"workload\": \"gemm\"");
  for (const Shape3& s : shapes)
    std::printf(", \"%s\": %.3f", s.name, ratio(s, s.n > 4096 || s.m > 4096 || s.k > 4096 ? 3 : repeats));
  for (int64_t n : {4, 8, 16, 32})
    std::printf(", \"batched %ld\": %.2f", static_cast<long>(n), small_ratio(n, repeats));
  std::printf("}\n");
}
