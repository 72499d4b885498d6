// Matrix products through OpenBLAS, cut into fixed tiles each computed on one thread: the same bits for any
// number of threads. Row-major; T is float or double.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/kernels/skinny.h"

namespace lexigrad::kernels {

/// A matrix operand: `trans` means that the memory holds the transpose; `ld` is the memory's row length.
template <class T>
struct Operand {
  const T* data;
  int64_t ld;
  bool trans = false;
};

/// c (m, n; row length ldc) = a (m, k) b (k, n) + beta * c. Tiles depend on m, n and k only.
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc);

/// The same as one tile on the calling thread; for use inside parallel blocks.
template <class T>
void gemm_tile(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc);

/// A batch of such products on the calling thread; small ones share one call of a kernel without packing.
template <class T>
void gemm_batch(int64_t m, int64_t n, int64_t k, Operand<T> a, Operand<T> b, T beta, T* c, int64_t ldc,
                const Batch& batch);

/// The kernel set that OpenBLAS chose for this machine ("Haswell", "Zen", ...).
const char* blas_core();
/// "OpenBLAS 0.3.21 ..." as it describes itself.
const char* blas_config();

}  // namespace lexigrad::kernels
