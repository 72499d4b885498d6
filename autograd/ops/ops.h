// THE MENU: one line per op. Every op lives in autograd/ops/, in a file of its name or of its family, with
// its gradient and its EXAMPLE. Operands broadcast as in NumPy; dtypes promote as in PyTorch
// (result_type() says to what), and functions whose values are no whole numbers take whole ones as
// float32. Gradients for floating dtypes.
#pragma once
#include <concepts>
#include <optional>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/tensor/generator.h"
#include "lexigrad/autograd/tensor/tensor.h"

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
Tensor expm1(const Tensor& x);                 ///< e^x - 1, exact near 0
Tensor log1p(const Tensor& x);                 ///< log(1 + x), exact near 0
Tensor log2(const Tensor& x);                  ///< logarithm to base 2
Tensor log10(const Tensor& x);                 ///< logarithm to base 10
Tensor exp2(const Tensor& x);                  ///< 2^x
Tensor sqrt(const Tensor& x);                  ///< square root
Tensor rsqrt(const Tensor& x);                 ///< 1 / sqrt(x)
Tensor reciprocal(const Tensor& x);            ///< 1 / x
Tensor sin(const Tensor& x);                   ///< sine, of radians
Tensor cos(const Tensor& x);                   ///< cosine, of radians
Tensor tan(const Tensor& x);                   ///< tangent, of radians
Tensor erf(const Tensor& x);                   ///< 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x
Tensor tanh(const Tensor& x);                  ///< hyperbolic tangent
Tensor relu(const Tensor& x);                  ///< max(x, 0); gradient 0 at 0
Tensor sigmoid(const Tensor& x);               ///< 1 / (1 + e^-x)
Tensor silu(const Tensor& x);                  ///< x sigmoid(x)
/// x, times the slope where x <= 0.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// log(1 + e^(beta x)) / beta, and x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
Tensor logsigmoid(const Tensor& x);               ///< log sigmoid(x), without underflow
Tensor elu(const Tensor& x, double alpha = 1.0);  ///< x, and alpha (e^x - 1) where x <= 0
/// x held in min..max; gradient 0 at both ends, too.
Tensor hardtanh(const Tensor& x, double min = -1, double max = 1);
/// a sigmoid(b) for the halves a, b of x along `dim`, whose size must be even (Dauphin et al. 2017).
Tensor glu(const Tensor& x, int64_t dim = -1);
/// log(e^a + e^b), without overflow. Floating dtypes only.
Tensor logaddexp(const Tensor& a, const Tensor& b);
/// The nearest whole number below, above, or towards 0; no gradient.
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
Tensor trunc(const Tensor& x);
/// The nearest multiple of 10^-decimals, the even one of two; no gradient.
Tensor round(const Tensor& x, int64_t decimals = 0);
/// The whole number below a / b; whole numbers divided by 0 are an error. No gradient.
Tensor floor_divide(const Tensor& a, const Tensor& b);
/// a - b floor_divide(a, b): of b's sign.
Tensor remainder(const Tensor& a, const Tensor& b);
/// start + weight (end - start), for any weight; all broadcast and have one dtype.
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);
Tensor lerp(const Tensor& start, const Tensor& end, double weight);
/// a^b; quick for small whole exponents and halves. Whole numbers want an exponent that is not negative. At
/// a = 0 the gradient of b is 0 where b >= 0.
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& x, double exponent);
Tensor pow(double base, const Tensor& exponent);
/// x held between the bounds that are given; gradient 1 between and at them. max wins where they cross.
Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max = {});
/// The same for bounds that broadcast; one of them may be undefined. A bound gets the gradient of what is
/// beyond it, max that of all where they cross.
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max);
/// x with `nan` for NaN and with bounds for the infinities, the dtype's extremes where none are given.
Tensor nan_to_num(const Tensor& x, double nan = 0, std::optional<double> posinf = {},
                  std::optional<double> neginf = {});
/// The larger of two; a tie gives each half of the gradient; NaN stays.
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller of two; a tie gives each half of the gradient; NaN stays.
Tensor minimum(const Tensor& a, const Tensor& b);
/// a where the bool `condition` is true, b elsewhere; all three broadcast.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, Scalar b);
Tensor where(const Tensor& condition, Scalar a, const Tensor& b);
/// `value` where the bool `mask` is true, x elsewhere; both broadcast.
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value);
enum class GeluForm { exact, tanh };
Tensor gelu(const Tensor& x,
            GeluForm form = GeluForm::exact);  ///< x Phi(x) (Hendrycks and Gimpel 2016), or its tanh form

// ---- comparisons and logic: bool results, no gradient
Tensor eq(const Tensor& a, const Tensor& b);  ///< a == b
Tensor ne(const Tensor& a, const Tensor& b);  ///< a != b
Tensor lt(const Tensor& a, const Tensor& b);  ///< a < b
Tensor le(const Tensor& a, const Tensor& b);  ///< a <= b
Tensor gt(const Tensor& a, const Tensor& b);  ///< a > b
Tensor ge(const Tensor& a, const Tensor& b);  ///< a >= b
/// Elementwise logic: 0 is false, all else is true, NaN too.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);
Tensor isnan(const Tensor& x);     ///< is it NaN
Tensor isinf(const Tensor& x);     ///< is it an infinity
Tensor isfinite(const Tensor& x);  ///< is it neither

// ---- reductions
Tensor sum(const Tensor& x);                                               ///< over everything, rank 0
Tensor sum(const Tensor& x, const Dims& dims, bool keepdim = false);       ///< over `dims`
Tensor sum(const Tensor& x, const Dims& dims, bool keepdim, Dtype dtype);  ///< x.to(dtype)'s
template <std::same_as<Dtype> D>                                           // {} is a list of dims
Tensor sum(const Tensor& x, D dtype) {
  return sum(x.to(dtype));
}
Tensor mean(const Tensor& x);                                               ///< over everything, rank 0
Tensor mean(const Tensor& x, const Dims& dims, bool keepdim = false);       ///< over `dims`
Tensor mean(const Tensor& x, const Dims& dims, bool keepdim, Dtype dtype);  ///< x.to(dtype)'s
template <std::same_as<Dtype> D>                                            // {} is a list of dims
Tensor mean(const Tensor& x, D dtype) {
  return mean(x.to(dtype));
}
/// Products; whole numbers give int64. The gradient is right where x is 0, too.
Tensor prod(const Tensor& x);
Tensor prod(const Tensor& x, const Dims& dims, bool keepdim = false);
Tensor prod(const Tensor& x, const Dims& dims, bool keepdim, Dtype dtype);  ///< x.to(dtype)'s
template <std::same_as<Dtype> D>                                            // {} is a list of dims
Tensor prod(const Tensor& x, D dtype) {
  return prod(x.to(dtype));
}
/// Sum of (x - mean)^2 / (n - correction), over everything or over `dims`.
Tensor var(const Tensor& x);
Tensor var(const Tensor& x, const Dims& dims, bool keepdim = false, double correction = 1);
/// Square root of var; gradient 0 where it is 0. Write lexigrad::std: std alone is the standard library.
Tensor std(const Tensor& x);
Tensor std(const Tensor& x, const Dims& dims, bool keepdim = false, double correction = 1);
/// (sum |x|^p)^(1/p) over everything or over `dims`; p = 0 counts what is not 0, +-INFINITY gives the
/// extremes of |x|. Gradient 0 where the norm is 0.
Tensor norm(const Tensor& x, double p = 2);
Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim = false);
/// log sum e^x over `dims`, without overflow.
Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim = false);
Tensor any(const Tensor& x);  ///< bool: is anything not 0; NaN counts as not 0
Tensor any(const Tensor& x, const Dims& dims, bool keepdim = false);
Tensor all(const Tensor& x);  ///< bool: is nothing 0
Tensor all(const Tensor& x, const Dims& dims, bool keepdim = false);

// ---- extremes; NaN is the most extreme of all
struct ValuesIndices {
  Tensor values, indices;  ///< auto [values, indices] = max(x, 1)
};
Tensor max(const Tensor& x);  ///< of everything; ties share the gradient
/// Along `dim`; the first of ties, which gets the gradient.
ValuesIndices max(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor min(const Tensor& x);  ///< of everything; ties share the gradient
/// Along `dim`; the first of ties, which gets the gradient.
ValuesIndices min(const Tensor& x, int64_t dim, bool keepdim = false);
/// Over `dims`; ties share the gradient.
Tensor amax(const Tensor& x, const Dims& dims, bool keepdim = false);
Tensor amin(const Tensor& x, const Dims& dims, bool keepdim = false);
/// The first place of the extreme, int64: in the flattened x, or along `dim`.
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, int64_t dim, bool keepdim = false);
/// The lower of the two middle values of an even number; ties share the gradient. NaN wins.
Tensor median(const Tensor& x);
ValuesIndices median(const Tensor& x, int64_t dim, bool keepdim = false);
/// The k-th smallest along `dim`, k from 1 on.
ValuesIndices kthvalue(const Tensor& x, int64_t k, int64_t dim = -1, bool keepdim = false);
/// The value at place q (n - 1) of the sorted x, q in 0..1, of everything or along `dim`: between neighbours
/// by lerp. A list of q (of x's dtype) gives a first dimension. NaN wins.
Tensor quantile(const Tensor& x, const Tensor& q, std::optional<int64_t> dim = {}, bool keepdim = false);
Tensor quantile(const Tensor& x, double q, std::optional<int64_t> dim = {}, bool keepdim = false);

// ---- along a dimension
Tensor cumsum(const Tensor& x, int64_t dim);   ///< running sums along `dim`; bool gives int64
Tensor cumprod(const Tensor& x, int64_t dim);  ///< running products along `dim`; bool gives int64
/// Running extremes along `dim`; the last of ties. NaN stays.
ValuesIndices cummax(const Tensor& x, int64_t dim);
ValuesIndices cummin(const Tensor& x, int64_t dim);
Tensor logcumsumexp(const Tensor& x, int64_t dim);  ///< log of the running sums of e^x, without overflow
/// x[1:] - x[:-1] along `dim`, n times; bools differ (logical_xor).
Tensor diff(const Tensor& x, int64_t n = 1, int64_t dim = -1);
Tensor causal_mean(const Tensor& x);                    ///< x (..., T, C): at t the mean over positions <= t
Tensor softmax(const Tensor& x, int64_t dim = -1);      ///< e^x / sum e^x along `dim`
Tensor log_softmax(const Tensor& x, int64_t dim = -1);  ///< log softmax along `dim`
Tensor softmin(const Tensor& x, int64_t dim = -1);      ///< softmax of -x

// ---- shape: reshape copies only where it must, those up to unfold are views, the others copy
Tensor reshape(const Tensor& x, const Shape& shape);  ///< one size may be -1
Tensor view(const Tensor& x,
            const Shape& shape);  ///< reshape that never copies; throws where it would have to
Tensor transpose(const Tensor& x, int64_t a, int64_t b);  ///< swaps two dimensions
Tensor permute(const Tensor& x,
               const std::vector<int64_t>& dims);  ///< dimension i of the result is dims[i] of x
Tensor expand(const Tensor& x,
              const Shape& shape);  ///< sizes of 1 repeated by a stride of 0; -1 keeps a size
/// Entries start, start + step, ... below end along `dim`; bounds outside are cut as in Python.
Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t end = std::numeric_limits<int64_t>::max(),
             int64_t step = 1);
Tensor select(const Tensor& x, int64_t dim, int64_t index);  ///< entry `index` along `dim`, which goes away
/// `length` entries from `start` on along `dim`: slice() that throws where they are not all there.
Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length);
Tensor squeeze(const Tensor& x);                 ///< without the dimensions of size 1
Tensor squeeze(const Tensor& x, int64_t dim);    ///< without `dim` if its size is 1
Tensor unsqueeze(const Tensor& x, int64_t dim);  ///< with a dimension of size 1 at `dim`
/// x with its dimensions `source` at `destination`, the others in their order.
Tensor movedim(const Tensor& x, const std::vector<int64_t>& source, const std::vector<int64_t>& destination);
Tensor movedim(const Tensor& x, int64_t source, int64_t destination);
/// x[i][i + offset] for dimensions dim1 and dim2, as a new last dimension.
Tensor diagonal(const Tensor& x, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1);
Tensor flatten(const Tensor& x, int64_t start_dim = 0,
               int64_t end_dim = -1);  ///< those dimensions as one, by reshape
/// Cuts along `dim` into parts of `size` (the last may be shorter), or of `sizes`. One op for each part.
std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t dim = 0);
std::vector<Tensor> split(const Tensor& x, const std::vector<int64_t>& sizes, int64_t dim = 0);
/// Parts of equal size (the last may be shorter), at most `chunks`.
std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim = 0);
/// x[0], x[1], ... along `dim`, as views without it.
std::vector<Tensor> unbind(const Tensor& x, int64_t dim = 0);
/// Windows of `size` along `dim`, `step` apart, in a new last dimension: a view, its gradient
/// adds up where windows overlap.
Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step);
/// Zeros with x's last dimension on a diagonal of the new dimensions dim1 and dim2.
Tensor diag_embed(const Tensor& x, int64_t offset = 0, int64_t dim1 = -2, int64_t dim2 = -1);
Tensor cat(const std::vector<Tensor>& parts, int64_t dim = 0);        ///< joined along `dim`; dtypes promote
Tensor stack(const std::vector<Tensor>& parts, int64_t dim = 0);      ///< joined along a new dimension
Tensor repeat(const Tensor& x, const std::vector<int64_t>& repeats);  ///< tiles; new dimensions in front
/// Each entry along `dim` (of the flattened x, where none is given) `repeats` times, or repeats[i] times.
Tensor repeat_interleave(const Tensor& x, int64_t repeats, std::optional<int64_t> dim = {});
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::optional<int64_t> dim = {});
Tensor flip(const Tensor& x, const Dims& dims);  ///< in reverse order along `dims`
/// What leaves at one end comes back at the other; without `dims` one shift moves the flattened tensor.
Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims = {});
/// `value` around x: pads are (before, after) for the last dimension, then the one before it, and so on, as
/// in PyTorch; negative ones cut.
Tensor pad(const Tensor& x, const std::vector<int64_t>& pads, Scalar value = 0);
Tensor tril(const Tensor& x, int64_t diagonal = 0);  ///< of (..., n, m), zeros above `diagonal`
Tensor triu(const Tensor& x, int64_t diagonal = 0);  ///< of (..., n, m), zeros below `diagonal`
Tensor clone(const Tensor& x);                       ///< a contiguous copy
Tensor to(const Tensor& x, Dtype dtype);             ///< x itself where it has that dtype

// ---- products
Tensor matmul(
    const Tensor& a,
    const Tensor& b);  ///< (..., n, k) x (..., k, m); batch dimensions broadcast; vectors as in NumPy
Tensor linear(const Tensor& x, const Tensor& weight,
              const Tensor& bias = {});          ///< x (..., in) weight (out, in)^T + bias (out)
Tensor bmm(const Tensor& a, const Tensor& b);    ///< (batch, n, k) x (batch, k, m), no broadcasting
Tensor outer(const Tensor& a, const Tensor& b);  ///< (n) x (m): all products, (n, m)
Tensor dot(const Tensor& a, const Tensor& b);    ///< of two vectors of one length, rank 0
/// beta input + alpha a b of matrices a (n, k), b (k, m); input broadcasts, and is not read where beta is 0.
Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
/// Sums of products over the last `dims` dimensions of a and the first of b, or over those listed.
Tensor tensordot(const Tensor& a, const Tensor& b, int64_t dims = 2);
Tensor tensordot(const Tensor& a, const Tensor& b, const std::vector<int64_t>& dims_a,
                 const std::vector<int64_t>& dims_b);
/// Sums of products by letters, as "bij,bjk->bik", from left to right: a letter twice in an
/// operand is its diagonal, one that the result lacks is summed; without -> the result has
/// those that appear once, in alphabetical order. "..." stands for any other dimensions, which
/// broadcast, and lead a result without ->.
Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands);

// ---- normalisation: fused over the last dimension, and by the ops that they fuse (the fused ones are tested
// against those, and take second-order gradients from them)
/// (x - mean) / sqrt(variance + eps) * weight + bias over the last dimension (Ba, Kiros and Hinton 2016); x
/// (..., C), weight and bias (C) or undefined for 1 and 0.
Tensor layer_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
Tensor layer_norm_composed(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {},
                           double eps = 1e-5);
/// x / sqrt(mean of squares + eps) * weight over the last dimension (Zhang and Sennrich 2019); eps is the
/// dtype's epsilon where none is given.
Tensor rms_norm(const Tensor& x, const Tensor& weight = {}, std::optional<double> eps = {});
Tensor rms_norm_composed(const Tensor& x, const Tensor& weight = {}, std::optional<double> eps = {});

// ---- distances
/// x / max(norm(x, p) along `dim`, eps).
Tensor normalize(const Tensor& x, double p = 2, int64_t dim = 1, double eps = 1e-12);
/// Sum of normalize(a, 2, dim, eps) * normalize(b, 2, dim, eps) along `dim`, for a and b broadcast.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, int64_t dim = 1, double eps = 1e-8);
/// norm(a - b + eps, p) over the last dimension.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p = 2, double eps = 1e-6,
                         bool keepdim = false);
/// norm(a_i - b_j, p) for all rows of a (..., n, k) and b (..., m, k): (..., n, m).
Tensor cdist(const Tensor& a, const Tensor& b, double p = 2);

// ---- attention
struct AttentionOptions {
  bool causal = false;               ///< query t sees keys 0..t + S - T: the queries are the last positions
  std::optional<double> scale = {};  ///< of the scores; 1 / sqrt(D) where none is given
  Tensor mask = {};                  ///< bool, broadcast to (B, H, T, S): true where a query may see a key
  Tensor bias = {};                  ///< added to the scores; broadcast to (B, H, T, S)
  /// (H, T + S - 1): entry T - 1 + d is added where the key is d positions before the query.
  Tensor distance_bias = {};
  double dropout = 0;  ///< probability with which a weight is 0
};
/// softmax(q k^T scale + biases) v for each head (Vaswani et al. 2017): q (B, T, H, D), k (B, S, G, D), v (B,
/// S, G, E) to (B, T, H, E). G divides H: heads share keys in groups (Ainslie et al. 2023). A query that sees
/// no key gives 0. Fused, with memory linear in T and S (by ops where `bias` wants a gradient).
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {});
Tensor attention_composed(const Tensor& q, const Tensor& k, const Tensor& v,
                          const AttentionOptions& options = {});

struct LstmState {
  Tensor h, c;
};
/// A step of a long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates: Gers
/// et al. 2000) from linear(x, W_ih, b_ih) and linear(h, W_hh, b_hh), both (..., 4 H) with the
/// gates in PyTorch's order i, f, g, o, and the cell state c (..., H): c' = sigmoid(f) c +
/// sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'). Fused; keeps its inputs only.
LstmState lstm_cell(const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& c);
LstmState lstm_cell_composed(const Tensor& input_gates, const Tensor& hidden_gates, const Tensor& c);

/// The weights of attention_composed, (B, H, T, S): softmax of the scores, 0 where a query may
/// not see a key. By ops.
Tensor attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options = {});

/// Which numbers of a head make the pairs that rope turns: neighbours (2i, 2i + 1), as in the paper, or (i, i
/// + D / 2), as in Hugging Face's models. Weights trained with one are wrong with the other.
enum class RopeLayout { interleaved, half_split };
struct RopeOptions {
  RopeLayout layout;          ///< without a default: say which
  int64_t start = 0;          ///< position of the first row
  double base = 10000;        ///< the angle of pair i at position t is t / position_scale * base^(-2i / D)
  double position_scale = 1;  ///< linear interpolation of positions (Chen et al. 2023)
};
/// x (..., T, H, D) with each pair of a head turned by its position's angle (Su et al. 2021).
Tensor rope(const Tensor& x, const RopeOptions& options);

// ---- indexing: ids are int64; additions to one element happen in the order of the ids
/// Entries `ids` (a list) along `dim`; negative ids are errors.
Tensor index_select(const Tensor& x, int64_t dim, const Tensor& ids);
/// x with source's entries added at `ids` (a list) along `dim`; negative ids are errors.
Tensor index_add(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source);
/// y[i][j] = x[ids[i][j]][j] for dim 0, and so on: ids of x's rank; negative ids are errors.
Tensor gather(const Tensor& x, int64_t dim, const Tensor& ids);
/// x with y[ids[i][j]][j] += source[i][j] for dim 0, and so on; negative ids are errors.
Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source);
/// x with y[ids[i][j]][j] = source[i][j] (or `value`) for dim 0, and so on; the last of several stays.
Tensor scatter(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source);
Tensor scatter(const Tensor& x, int64_t dim, const Tensor& ids, double value);
enum class Reduce { sum, prod, mean, amax, amin };
/// x with source's entries reduced into it where scatter would put them, x's own among them unless
/// include_self is false. Ties share the gradient; means of whole numbers are rounded down.
Tensor scatter_reduce(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source, Reduce reduce,
                      bool include_self = true);
/// x with source's entries (or `value`) at `ids` (a list) along `dim`; the last of several stays.
Tensor index_copy(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source);
Tensor index_fill(const Tensor& x, int64_t dim, const Tensor& ids, double value);
/// x[ids[0], ids[1], ...]: tensors of ids for the first dimensions, broadcast together; negative ids count
/// from the back; a bool mask stands for the ids of its true elements. Brackets do it, too: indexing.h.
Tensor index(const Tensor& x, const std::vector<Tensor>& ids);
/// x with `values` (broadcast) at index(x, ids), or added there where `accumulate`; of several values for one
/// element the last one stays.
Tensor index_put(const Tensor& x, const std::vector<Tensor>& ids, const Tensor& values,
                 bool accumulate = false);
/// The places of what is not 0 (NaN is not), in row-major order: (count, rank), int64.
Tensor nonzero(const Tensor& x);
/// The columns of nonzero(condition), one for each dimension: what index() takes.
std::vector<Tensor> where(const Tensor& condition);
/// The elements of x where the bool `mask` is true, both broadcast, as a list.
Tensor masked_select(const Tensor& x, const Tensor& mask);

// ---- sorting and drawing; NaN is the largest number, equal values keep their order
ValuesIndices sort(const Tensor& x, int64_t dim = -1, bool descending = false);
Tensor argsort(const Tensor& x, int64_t dim = -1, bool descending = false);  ///< the indices of sort
/// The k largest along `dim`, largest first (or the k smallest, smallest first).
ValuesIndices topk(const Tensor& x, int64_t k, int64_t dim = -1, bool largest = true);
struct UniqueResult {
  Tensor values, inverse, counts;  ///< auto [values, inverse, counts] = unique(x)
};
/// The different values of x, sorted; for each element of x which of them it is; how often each is there.
UniqueResult unique(const Tensor& x);
/// How often 0, 1, 2, ... are among `ids` (a list of int64, none negative), at least minlength counts; with
/// weights (float32 or float64) the sums of those.
Tensor bincount(const Tensor& ids, const Tensor& weights = {}, int64_t minlength = 0);
/// How many of each sorted row of `sorted` (n), or (..., n) as in values (..., m), are below the value, or
/// (right) below or equal.
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right = false);
/// 1 with probability p, else 0, of p's dtype, no gradient: PyTorch's draws, in the order of the elements.
Tensor bernoulli(const Tensor& p, Generator& from = default_generator());
/// Draws num_samples column numbers with probabilities in proportion to `weights` (n) or, row by row, (m, n);
/// without replacement none twice.
Tensor multinomial(const Tensor& weights, int64_t num_samples, bool replacement = false,
                   Generator& from = default_generator());

/// x with each element 0 with probability p, the others times 1 / (1 - p) (Srivastava et al. 2014); draws by
/// next_draw() (draws.h), and keeps no mask.
Tensor dropout(const Tensor& x, double p = 0.5);

// ---- tables and losses. A bfloat16 weight beside float32 numbers counts as what it reads as, here and in
// linear(); results and gradients are float32, and only the rows looked up are widened.
struct LookupOptions {
  int64_t padding_idx = -1;           ///< this row gets no gradient; -1: none
  std::string_view table = "weight";  ///< for messages
  bool scale_grad_by_freq = false;    ///< a row's gradient is divided by how often its id is among `ids`
};
/// Rows of weight (num, dim) at `ids` (int64, any shape): ids' shape + (dim). The gradient is a RowGrad.
Tensor embedding(const Tensor& weight, const Tensor& ids, const LookupOptions& options = {});
/// Some columns of linear(x, weight, bias): x (..., dim) times the rows of weight (classes, dim) at `ids`,
/// (..., k) for ids of each x's own or (k) for the same ids for all. An id of -1 among x's own gives 0. The
/// gradients of weight and bias (classes) are RowGrads.
Tensor linear_rows(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& ids);
/// Logistic regression of pairs of rows, in blocks that share them: the sum over b, i, j of |w| softplus(-sign(w) s),
/// w = weights[b][i][j] and s = <x[x_ids[b][i]], y[y_ids[b][j]]>, so that positive weights pull rows together and negative
/// ones push them apart. x and y (rows, dim), whose gradients are RowGrads; x_ids (blocks, m) and y_ids (blocks, k) int64, -1
/// for a row of zeros; weights (blocks, m, k). Where there are mixes (blocks, n, k), each row of y is sum_j mixes[b][i][j]
/// y[y_ids[b][j]] instead, and weights are (blocks, m, n). The losses of skip-gram and CBOW (nn/models/).
Tensor logistic_pairs_sum(const Tensor& x, const Tensor& y, const Tensor& x_ids, const Tensor& y_ids,
                          const Tensor& weights, const Tensor& mixes = {});
enum class Bag { sum, mean, max };
struct BagLookupOptions {
  Bag mode = Bag::mean;
  int64_t padding_idx = -1;          ///< ids equal to it are left out of their bags; -1: none
  bool include_last_offset = false;  ///< offsets have one more entry, the number of ids
  bool scale_grad_by_freq = false;   ///< as in LookupOptions; not for max
  std::string_view table = "weight";
};
/// Sum, mean or largest elements of the rows of weight (num, dim) in each bag of ids: (bags,
/// dim). The bags are the rows of ids (bags, n), or in ids (N) begin at `offsets`; an empty one
/// gives zeros. per_sample_weights, of ids' shape, multiply rows (sum only). The rows looked up
/// are never held; the gradient is a RowGrad.
Tensor embedding_bag(const Tensor& weight, const Tensor& ids, const Tensor& offsets = {},
                     const Tensor& per_sample_weights = {}, const BagLookupOptions& options = {});
/// The same by the ops that it fuses.
Tensor embedding_bag_composed(const Tensor& weight, const Tensor& ids, const Tensor& offsets = {},
                              const Tensor& per_sample_weights = {}, const BagLookupOptions& options = {});
/// Zeros with a one at each id: ids' shape + (classes), no gradient; -1: the largest id + 1 classes.
Tensor one_hot(const Tensor& ids, int64_t classes = -1, Dtype dtype = float32);
struct CrossEntropyOptions {
  int64_t ignore_index = -100;  ///< targets that do not count
  double label_smoothing = 0;   ///< this share of each target is spread evenly over all classes, in 0..1
  Tensor class_weight = {};     ///< (classes), of the logits' dtype; undefined: 1 each
  double z_loss = 0;            ///< times (log sum exp of the logits)^2 is added for each target that counts
  double filter = 0;            ///< linear_cross_entropy_sum only; see there
};
/// Sum over positions of -log softmax(logits)[target]; logits (..., classes), int64 targets (...); smoothing
/// and weights as in PyTorch, z_loss as in PaLM (Chowdhery et al. 2022). nn::cross_entropy has the mean.
Tensor cross_entropy_sum(const Tensor& logits, const Tensor& targets,
                         const CrossEntropyOptions& options = {});
/// cross_entropy_sum(linear(x, weight, bias), targets) without ever holding all logits: x (..., dim), weight
/// (classes, dim). With a filter, 2^-12 for one, the gradients of x and weight leave out each class that no
/// row of a chunk gives a softmax gradient that large (after Wijmans et al. 2024, "Cut Your Losses").
Tensor linear_cross_entropy_sum(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                const Tensor& targets, const CrossEntropyOptions& options = {});
/// The same by the two ops that it fuses, nothing filtered; what the fused one is tested against.
Tensor linear_cross_entropy_sum_composed(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                         const Tensor& targets, const CrossEntropyOptions& options = {});

// ---- operators; numbers take the tensor's dtype (float32 beside whole numbers that they would not fit)
namespace detail {
Tensor scalar_like(const Tensor& x, Scalar value);
}
// LEXIGRAD_OPERATOR(+, add): a + b of tensors, and of a tensor and a number on either side.
#define LEXIGRAD_OPERATOR(symbol, op)                                                                   \
  inline Tensor operator symbol(const Tensor& a, const Tensor& b) { return op(a, b); }                  \
  inline Tensor operator symbol(const Tensor& a, Scalar b) { return op(a, detail::scalar_like(a, b)); } \
  inline Tensor operator symbol(Scalar a, const Tensor& b) { return op(detail::scalar_like(b, a), b); }
LEXIGRAD_OPERATOR(+, add)
LEXIGRAD_OPERATOR(-, sub)
LEXIGRAD_OPERATOR(*, mul)
LEXIGRAD_OPERATOR(/, div)
LEXIGRAD_OPERATOR(==, eq)
LEXIGRAD_OPERATOR(!=, ne)
LEXIGRAD_OPERATOR(<, lt)
LEXIGRAD_OPERATOR(<=, le)
LEXIGRAD_OPERATOR(>, gt)
LEXIGRAD_OPERATOR(>=, ge)
#undef LEXIGRAD_OPERATOR
// LEXIGRAD_OPERATOR(+=, add_): x += y changes x in place.
#define LEXIGRAD_OPERATOR(symbol, op)                                                                \
  inline const Tensor& operator symbol(const Tensor& x, const Tensor& other) { return x.op(other); } \
  inline const Tensor& operator symbol(const Tensor& x, Scalar number) { return x.op(number); }
LEXIGRAD_OPERATOR(+=, add_)
LEXIGRAD_OPERATOR(-=, sub_)
LEXIGRAD_OPERATOR(*=, mul_)
LEXIGRAD_OPERATOR(/=, div_)
#undef LEXIGRAD_OPERATOR
inline Tensor operator-(const Tensor& x) { return neg(x); }
/// Logic of bool tensors; throws for others. There is no && and || of tensors: those take one truth each.
Tensor operator&(const Tensor& a, const Tensor& b);
Tensor operator|(const Tensor& a, const Tensor& b);
Tensor operator^(const Tensor& a, const Tensor& b);
Tensor operator~(const Tensor& x);
inline Tensor operator!(const Tensor& x) { return logical_not(x); }  ///< of any dtype
inline Tensor eq(const Tensor& a, Scalar b) { return eq(a, detail::scalar_like(a, b)); }
inline Tensor ne(const Tensor& a, Scalar b) { return ne(a, detail::scalar_like(a, b)); }
inline Tensor lt(const Tensor& a, Scalar b) { return lt(a, detail::scalar_like(a, b)); }
inline Tensor le(const Tensor& a, Scalar b) { return le(a, detail::scalar_like(a, b)); }
inline Tensor gt(const Tensor& a, Scalar b) { return gt(a, detail::scalar_like(a, b)); }
inline Tensor ge(const Tensor& a, Scalar b) { return ge(a, detail::scalar_like(a, b)); }
inline Tensor remainder(const Tensor& a, Scalar b) { return remainder(a, detail::scalar_like(a, b)); }
inline Tensor floor_divide(const Tensor& a, Scalar b) { return floor_divide(a, detail::scalar_like(a, b)); }

}  // namespace lexigrad
