// THE MENU: one line per op. Every op lives in autograd/ops/<file of that name>.cpp with its gradient and its
// EXAMPLE. Operands broadcast as in NumPy; dtypes promote bool < int64 < float32 < float64. Gradients for
// floating dtypes.
#pragma once
#include <string_view>
#include <vector>

#include "lexigrad/autograd/tensor.h"

namespace lexigrad {

// ---- elementwise
Tensor add(const Tensor& a, const Tensor& b);  ///< a + b
Tensor sub(const Tensor& a, const Tensor& b);  ///< a - b
Tensor mul(const Tensor& a, const Tensor& b);  ///< a * b
Tensor div(const Tensor& a, const Tensor& b);  ///< a / b; whole numbers become float32 first
Tensor neg(const Tensor& x);                   ///< -x
Tensor abs(const Tensor& x);                   ///< |x|; gradient 0 at 0
Tensor sign(const Tensor& x);                  ///< -1, 0 or 1, no gradient; NaN stays
Tensor square(const Tensor& x);                ///< x * x
Tensor exp(const Tensor& x);                   ///< e^x
Tensor log(const Tensor& x);                   ///< natural logarithm
Tensor erf(const Tensor& x);                   ///< 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x
Tensor tanh(const Tensor& x);                  ///< hyperbolic tangent
Tensor relu(const Tensor& x);                  ///< max(x, 0); gradient 0 at 0
Tensor sigmoid(const Tensor& x);               ///< 1 / (1 + e^-x)
enum class Gelu { exact, tanh };
Tensor gelu(const Tensor& x,
            Gelu form = Gelu::exact);  ///< x Phi(x) (Hendrycks and Gimpel 2016), or its tanh form

// ---- comparisons and logic: bool results, no gradient
Tensor eq(const Tensor& a, const Tensor& b);  ///< a == b
Tensor ne(const Tensor& a, const Tensor& b);  ///< a != b
Tensor lt(const Tensor& a, const Tensor& b);  ///< a < b
Tensor le(const Tensor& a, const Tensor& b);  ///< a <= b
Tensor gt(const Tensor& a, const Tensor& b);  ///< a > b
Tensor ge(const Tensor& a, const Tensor& b);  ///< a >= b

// ---- reductions
Tensor sum(const Tensor& x);  ///< over everything, rank 0
Tensor sum(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim = false);  ///< over `dims`
Tensor mean(const Tensor& x);  ///< over everything, rank 0
Tensor mean(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim = false);  ///< over `dims`
Tensor causal_mean(const Tensor& x);                    ///< x (..., T, C): at t the mean over positions <= t
Tensor softmax(const Tensor& x, int64_t dim = -1);      ///< e^x / sum e^x along `dim`
Tensor log_softmax(const Tensor& x, int64_t dim = -1);  ///< log softmax along `dim`

// ---- shape: reshape copies only where it must, the others are views, cat copies
Tensor reshape(const Tensor& x, const Shape& shape);  ///< one size may be -1
Tensor view(const Tensor& x,
            const Shape& shape);  ///< reshape that never copies; throws where it would have to
Tensor transpose(const Tensor& x, int64_t a, int64_t b);  ///< swaps two dimensions
Tensor permute(const Tensor& x,
               const std::vector<int64_t>& dims);    ///< dimension i of the result is dims[i] of x
Tensor expand(const Tensor& x, const Shape& shape);  ///< sizes of 1 repeated by a stride of 0; -1 keeps a size
/// Entries start, start + step, ... below end along `dim`; bounds outside are cut as in Python.
Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t end = std::numeric_limits<int64_t>::max(),
             int64_t step = 1);
Tensor select(const Tensor& x, int64_t dim, int64_t index);  ///< entry `index` along `dim`, which goes away
Tensor cat(const std::vector<Tensor>& parts, int64_t dim = 0);  ///< joined along `dim`
Tensor clone(const Tensor& x);                                  ///< a contiguous copy
Tensor to(const Tensor& x, Dtype dtype);                        ///< x itself where it has that dtype

// ---- products
Tensor matmul(
    const Tensor& a,
    const Tensor& b);  ///< (..., n, k) x (..., k, m); batch dimensions broadcast; vectors as in NumPy
Tensor linear(const Tensor& x, const Tensor& weight,
              const Tensor& bias = {});  ///< x (..., in) weight (out, in)^T + bias (out)

// ---- normalisation

// ---- indexing

// ---- sorting and drawing

// ---- tables and losses
struct Lookup {
  int64_t padding_idx = -1;           // this row gets no gradient; -1: none
  std::string_view table = "weight";  // for messages
};
/// Rows of weight (num, dim) at `ids` (int64, any shape): ids' shape + (dim). The gradient is a RowGrad.
Tensor embedding(const Tensor& weight, const Tensor& ids, const Lookup& options = {});
/// Zeros with a one at each id: ids' shape + (classes), no gradient.
Tensor one_hot(const Tensor& ids, int64_t classes, Dtype dtype = float32);
/// Sum over positions of -log softmax(logits)[target]; logits (..., classes), int64 targets (...). Targets
/// equal to ignore_index add nothing. nn::cross_entropy adds the count and the mean.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, int64_t ignore_index = -100);
/// cross_entropy(linear(x, weight, bias), targets) without ever holding all logits: x (..., dim), weight
/// (classes, dim).
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                            int64_t ignore_index = -100);
/// The same by the two ops that it fuses; what the fused one is tested against.
Tensor linear_cross_entropy_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                     const Tensor& targets, int64_t ignore_index = -100);

// ---- operators; numbers take the tensor's dtype (float32 beside whole numbers that they would not fit)
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }
namespace detail {
Tensor scalar_like(const Tensor& x, double value);
}
inline Tensor operator+(const Tensor& a, double b) { return add(a, detail::scalar_like(a, b)); }
inline Tensor operator-(const Tensor& a, double b) { return sub(a, detail::scalar_like(a, b)); }
inline Tensor operator*(const Tensor& a, double b) { return mul(a, detail::scalar_like(a, b)); }
inline Tensor operator/(const Tensor& a, double b) { return div(a, detail::scalar_like(a, b)); }
inline Tensor operator+(double a, const Tensor& b) { return add(detail::scalar_like(b, a), b); }
inline Tensor operator-(double a, const Tensor& b) { return sub(detail::scalar_like(b, a), b); }
inline Tensor operator*(double a, const Tensor& b) { return mul(detail::scalar_like(b, a), b); }
inline Tensor operator/(double a, const Tensor& b) { return div(detail::scalar_like(b, a), b); }

}  // namespace lexigrad
