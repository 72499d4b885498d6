#include "lexigrad/autograd/kernels/gemm.h"

#if !LEXIGRAD_NO_BLAS
#include <cblas.h>
#endif

#include <algorithm>
#include <atomic>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/base/memory/available_memory.h"
#include "lexigrad/autograd/base/parallel.h"

namespace lexigrad::kernels {
namespace {

constexpr int64_t kSerialWork = 1 << 19;  // multiply-adds below which one tile does

struct Tiles {
  int64_t rows, cols;
};

// Tiles of equal size, at most 1024 x 2048, halved until there are 4 of them, 8 where they are
// long work. Wide ones of few rows cost the BLAS least: rows go down to 256 before columns go
// down to 128. K is never cut.
Tiles tiles_for(int64_t m, int64_t n, int64_t k) {
  constexpr int64_t long_work = int64_t{1} << 31;  // multiply-adds
  if (m * n * k <= kSerialWork) return {m, n};
  int64_t down = (m + 1023) / 1024, across = (n + 2047) / 2048;
  while (down * across < (m / down * (n / across) * k > long_work ? 8 : 4)) {
    if (m > 256 * down)
      down *= 2;
    else if (n > 128 * across)
      across *= 2;
    else if (m > 128 * down)
      down *= 2;
    else
      break;
  }
  auto size = [](int64_t whole, int64_t parts) { return (whole + parts * 16 - 1) / (parts * 16) * 16; };
  return {size(m, down), size(n, across)};
}

#if LEXIGRAD_NO_BLAS  // for ThreadSanitizer, beside whose OpenMP the BLAS's own cannot live
void setup_once() {}

template <class T>
void call(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc) {
  std::vector<T> rows;
  if (b.trans) {
    rows.resize(static_cast<size_t>(k * n));
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < k; ++i) rows[static_cast<size_t>(i * n + j)] = b.data[j * b.ld + i];
    b = {rows.data(), n};
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == T{0} ? T{0} : beta * c[i * ldc + j];
  skinny_product<T>(m, n, k, a.data, a.trans ? 1 : a.ld, a.trans ? a.ld : 1, b.data, b.ld, true, c, ldc);
}
#else
// OpenBLAS takes a buffer for each thread at its first product, and where the system refuses asks again without end:
// where limits are set they are tried here.
void check_room() {
  constexpr size_t buffer = size_t{128} << 20;
  static std::atomic<int> tried{0};
  int threads = num_threads();
  if (tried.load(std::memory_order_relaxed) >= threads) return;
  size_t size = threads > 1 ? buffer * static_cast<size_t>(threads) : 0;  // one is there since the start
  if (available_address_space() < static_cast<int64_t>(size))
    fail_memory(
        "memory",
        text("OpenBLAS needs 128 MiB of address space for each of ", threads,
             " threads, more than ulimit -v leaves. Hint: raise that limit, or set LEXIGRAD_THREADS=1"));
  tried.store(threads, std::memory_order_relaxed);
}

// A BLAS built on its own threads must be told once; the OpenMP build follows single_threaded().
void setup_once() {
  detail::made_once([] {
    if (openblas_get_parallel() == OPENBLAS_THREAD) openblas_set_num_threads(1);
    return true;
  });
  check_room();
}

void call(int64_t m, int64_t n, int64_t k, Operand<float> a, Operand<float> b, float beta, float* c,
          int64_t ldc) {
  cblas_sgemm(CblasRowMajor, a.trans ? CblasTrans : CblasNoTrans, b.trans ? CblasTrans : CblasNoTrans,
              static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(k), 1.0F, a.data,
              static_cast<blasint>(a.ld), b.data, static_cast<blasint>(b.ld), beta, c,
              static_cast<blasint>(ldc));
}
void call(int64_t m, int64_t n, int64_t k, Operand<double> a, Operand<double> b, double beta, double* c,
          int64_t ldc) {
  cblas_dgemm(CblasRowMajor, a.trans ? CblasTrans : CblasNoTrans, b.trans ? CblasTrans : CblasNoTrans,
              static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(k), 1.0, a.data,
              static_cast<blasint>(a.ld), b.data, static_cast<blasint>(b.ld), beta, c,
              static_cast<blasint>(ldc));
}
#endif

template <class T>
Operand<T> moved(Operand<T> x, int64_t row, int64_t col) {
  x.data += x.trans ? col * x.ld + row : row * x.ld + col;
  return x;
}

// A matrix of at most small_side a side costs the BLAS more to prepare than to multiply.
constexpr int64_t kSmallSide = 32;

template <class T>
void small_products(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, bool add, T* c, int64_t ldc,
                    const Batch& batch) {
  int64_t a_row = a.trans ? 1 : a.ld, a_col = a.trans ? a.ld : 1;
  if (!b.trans) return skinny_product<T>(m, n, k, a.data, a_row, a_col, b.data, b.ld, add, c, ldc, batch);
  T rows[kSmallSide * kSmallSide];
  for (int64_t p = 0; p < batch.count; ++p) {
    const T* from = b.data + p * batch.b;
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < k; ++i) rows[i * n + j] = from[j * b.ld + i];
    skinny_product<T>(m, n, k, a.data + p * batch.a, a_row, a_col, rows, n, add, c + p * batch.c, ldc);
  }
}

}  // namespace

template <class T>
void gemm_tile(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc) {
  gemm_batch<T>(m, n, k, a, b, beta, c, ldc, {});
}

template <class T>
void gemm_batch(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc,
                const Batch& batch) {
  if (m == 0 || n == 0) return;
  bool plain = k > 0 && (beta == T{0} || beta == T{1});
  if (plain && std::max({m, n, k}) <= kSmallSide)
    return small_products(m, n, k, a, b, beta == T{1}, c, ldc, batch);
  if (plain && m == 1 && b.trans && (!a.trans || a.ld == 1)) {  // a row times the transpose of rows
    for (int64_t p = 0; p < batch.count; ++p)
      matrix_vector<T>(n, k, b.data + p * batch.b, b.ld, a.data + p * batch.a, beta == T{1}, c + p * batch.c);
    return;
  }
  setup_once();
  for (int64_t p = 0; p < batch.count; ++p, a.data += batch.a, b.data += batch.b, c += batch.c) {
    if (k > 0) {
      single_threaded([&] { call(m, n, k, a, b, beta, c, ldc); });
      continue;
    }
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == T{0} ? T{0} : beta * c[i * ldc + j];
  }
}

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc) {
  Tiles t = tiles_for(m, n, k);
  int64_t across = t.cols > 0 ? (n + t.cols - 1) / t.cols : 0,
          down = t.rows > 0 ? (m + t.rows - 1) / t.rows : 0;
  parallel_blocks(across * down, [&](int64_t tile) {
    int64_t row = tile / across * t.rows, col = tile % across * t.cols;
    gemm_tile<T>(std::min(t.rows, m - row), std::min(t.cols, n - col), k, moved(a, row, 0), moved(b, 0, col),
                 beta, c + row * ldc + col, ldc);
  });
}

#define LEXIGRAD_GEMM(T)                                                                         \
  template void gemm<T>(int64_t, int64_t, int64_t, Operand<T>, Operand<T>, T, T*, int64_t);      \
  template void gemm_tile<T>(int64_t, int64_t, int64_t, Operand<T>, Operand<T>, T, T*, int64_t); \
  template void gemm_batch<T>(int64_t, int64_t, int64_t, Operand<T>, Operand<T>, T, T*, int64_t, \
                              const Batch&);
LEXIGRAD_GEMM(float)
LEXIGRAD_GEMM(double)
#undef LEXIGRAD_GEMM

#if LEXIGRAD_NO_BLAS
const char* blas_core() { return "none"; }
const char* blas_config() { return "no BLAS"; }
#else
const char* blas_core() { return openblas_get_corename(); }
const char* blas_config() { return openblas_get_config(); }
#endif

}  // namespace lexigrad::kernels
