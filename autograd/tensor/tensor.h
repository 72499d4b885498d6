// Tensor: a handle to a strided view of shared storage, with its place on the tape.
// What shares, what copies and what throws is written down in docs/tensors.md.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "lexigrad/autograd/base/ref.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/autograd/tensor/literal.h"
#include "lexigrad/autograd/tensor/shape.h"

namespace lexigrad {

class RowGrad;
class Tensor;
class Index;
class Indexed;
struct ValuesIndices;
struct UniqueResult;
enum class Reduce;
namespace detail {
struct Body;
struct Node;
struct TensorAccess;
void destroy(Body* body) noexcept;
void destroy(Node* node) noexcept;
}  // namespace detail

/// Options of backward().
struct BackwardOptions {
  bool retain_graph = false;  ///< keep what the rules saved, for another backward
  /// The gradients are on the tape themselves; keeps the graph, too. A leaf's grad() then holds
  /// its own graph alive until zero_grad(): lexigrad::grad() does not.
  bool create_graph = false;
};

/// Sees a gradient and may return another of its form; Tensor() keeps it.
using GradientHook = std::function<Tensor(const Tensor& gradient)>;
/// Sees a leaf whose gradient has just been added to.
using AccumulateHook = std::function<void(const Tensor& leaf)>;

/// A registered hook. Dropping the handle leaves the hook in place.
class Hook {
 public:
  explicit Hook(std::function<void()> remove) : remove_(std::move(remove)) {}
  void remove() const { remove_(); }

 private:
  std::function<void()> remove_;
};

/// Some of a tensor's dimensions, negative ones counted from the back: a number or a list; an empty list is all.
struct Dims : std::vector<int64_t> {
  template <std::integral I>
  requires(!std::same_as<I, bool>) Dims(I dim) : std::vector<int64_t>{static_cast<int64_t>(dim)} {}
  Dims(std::initializer_list<int64_t> dims) : std::vector<int64_t>(dims) {}
  Dims(std::vector<int64_t> dims) : std::vector<int64_t>(std::move(dims)) {}
};

class Tensor {
 public:
  Tensor() = default;
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) = default;
  Tensor& operator=(const Tensor&) & = default;  // only where it has a name: sum(x) = y would change nothing
  Tensor& operator=(Tensor&&) & = default;
  template <detail::Number T>
  Tensor(const std::vector<T>&) = delete;  // write tensor(vector)

  /// False for a default-constructed handle; everything else throws on one.
  bool defined() const { return static_cast<bool>(body_); }

  // Form.
  Dtype dtype() const;
  const Shape& shape() const;
  const Shape& strides() const;  ///< in elements
  int64_t rank() const;
  int64_t numel() const;
  int64_t size(int64_t dim) const;  ///< negative counts from the back
  bool is_contiguous() const;
  int64_t bytes() const;  ///< of its elements
  /// True if both handles view the same storage.
  bool shares_storage(const Tensor& other) const;
  int64_t storage_bytes() const;  ///< of the whole storage, of which this may view a part

  // Values.
  /// The first element of this view; throws where T is not the dtype.
  /// Elements are at strides().
  template <class T>
  T* data() const;
  /// The same for any dtype, as an address.
  void* address() const;
  /// The only element, converted to T; throws unless numel() is 1.
  template <class T>
  T item() const;
  double item() const;
  /// True where the only element is not 0: if (t); throws unless numel() is 1.
  explicit operator bool() const;
  /// All elements in row-major order, converted to T.
  template <class T>
  std::vector<T> to_vector() const;

  // Changes in place, also written x += other; docs/tensors.md says what they are to the tape. `other` broadcasts to
  // this tensor's shape and is converted to its dtype (copy_) or must promote to it.
  const Tensor& add_(const Tensor& other) const;
  const Tensor& add_(Scalar number) const;
  const Tensor& sub_(const Tensor& other) const;
  const Tensor& sub_(Scalar number) const;
  const Tensor& mul_(const Tensor& other) const;
  const Tensor& mul_(Scalar number) const;
  const Tensor& div_(const Tensor& other) const;
  const Tensor& div_(Scalar number) const;
  const Tensor& copy_(const Tensor& source) const;
  const Tensor& fill_(Scalar value) const;
  const Tensor& zero_() const;
  /// Gives a leaf, or a tensor without gradients, more rows (first dimension): all its handles
  /// see them; views and detached handles keep the old storage. The gradient is dropped. Throws
  /// where this is not contiguous, or the rows have another width.
  const Tensor& append_rows_(const Tensor& rows) const;

  // What stands in brackets: indexing.h.
  Indexed operator[](const Index& at) const;
  Indexed operator[](std::initializer_list<Index> at) const;

  // Ops as members, for x.exp().sum(1): the functions of these names, see ops.h.
  Tensor add(const Tensor& other) const;
  Tensor add(Scalar other) const;
  Tensor sub(const Tensor& other) const;
  Tensor sub(Scalar other) const;
  Tensor mul(const Tensor& other) const;
  Tensor mul(Scalar other) const;
  Tensor div(const Tensor& other) const;
  Tensor div(Scalar other) const;
  Tensor floor_divide(const Tensor& other) const;
  Tensor floor_divide(Scalar other) const;
  Tensor remainder(const Tensor& other) const;
  Tensor remainder(Scalar other) const;
  Tensor abs() const;
  Tensor sign() const;
  Tensor neg() const;
  Tensor square() const;
  Tensor exp() const;
  Tensor exp2() const;
  Tensor log() const;
  Tensor log2() const;
  Tensor log10() const;
  Tensor expm1() const;
  Tensor log1p() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor reciprocal() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tan() const;
  Tensor erf() const;
  Tensor tanh() const;
  Tensor relu() const;
  Tensor sigmoid() const;
  Tensor silu() const;
  Tensor gelu() const;
  Tensor pow(double exponent) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor clamp(std::optional<Scalar> min, std::optional<Scalar> max = {}) const;
  Tensor clamp(const Tensor& min, const Tensor& max) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor lerp(const Tensor& end, double weight) const;
  Tensor logaddexp(const Tensor& other) const;
  Tensor maximum(const Tensor& other) const;
  Tensor minimum(const Tensor& other) const;
  Tensor floor() const;
  Tensor ceil() const;
  Tensor trunc() const;
  Tensor round(int64_t decimals = 0) const;
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor nan_to_num(double nan = 0, std::optional<double> posinf = {},
                    std::optional<double> neginf = {}) const;
  Tensor eq(const Tensor& other) const;
  Tensor eq(Scalar other) const;
  Tensor ne(const Tensor& other) const;
  Tensor ne(Scalar other) const;
  Tensor lt(const Tensor& other) const;
  Tensor lt(Scalar other) const;
  Tensor le(const Tensor& other) const;
  Tensor le(Scalar other) const;
  Tensor gt(const Tensor& other) const;
  Tensor gt(Scalar other) const;
  Tensor ge(const Tensor& other) const;
  Tensor ge(Scalar other) const;
  Tensor logical_and(const Tensor& other) const;
  Tensor logical_or(const Tensor& other) const;
  Tensor logical_xor(const Tensor& other) const;
  Tensor logical_not() const;
  Tensor masked_fill(const Tensor& mask, Scalar value) const;
  Tensor where(const Tensor& condition, const Tensor& other) const;
  Tensor sum() const;
  Tensor sum(const Dims& dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const;
  Tensor mean() const;
  Tensor mean(const Dims& dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const;
  Tensor prod() const;
  Tensor prod(const Dims& dims, bool keepdim = false, std::optional<Dtype> dtype = {}) const;
  Tensor var() const;
  Tensor var(const Dims& dims, bool keepdim = false, double correction = 1) const;
  Tensor std() const;
  Tensor std(const Dims& dims, bool keepdim = false, double correction = 1) const;
  Tensor norm(double p = 2) const;
  Tensor norm(double p, const Dims& dims, bool keepdim = false) const;
  Tensor logsumexp(const Dims& dims, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(const Dims& dims, bool keepdim = false) const;
  Tensor all() const;
  Tensor all(const Dims& dims, bool keepdim = false) const;
  Tensor max() const;
  ValuesIndices max(int64_t dim, bool keepdim = false) const;
  Tensor min() const;
  ValuesIndices min(int64_t dim, bool keepdim = false) const;
  Tensor amax(const Dims& dims, bool keepdim = false) const;
  Tensor amin(const Dims& dims, bool keepdim = false) const;
  Tensor argmax() const;
  Tensor argmax(int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(int64_t dim, bool keepdim = false) const;
  Tensor median() const;
  ValuesIndices median(int64_t dim, bool keepdim = false) const;
  ValuesIndices kthvalue(int64_t k, int64_t dim = -1, bool keepdim = false) const;
  Tensor quantile(const Tensor& q, std::optional<int64_t> dim = {}, bool keepdim = false) const;
  Tensor quantile(double q, std::optional<int64_t> dim = {}, bool keepdim = false) const;
  ValuesIndices sort(int64_t dim = -1, bool descending = false) const;
  Tensor argsort(int64_t dim = -1, bool descending = false) const;
  ValuesIndices topk(int64_t k, int64_t dim = -1, bool largest = true) const;
  Tensor cumsum(int64_t dim) const;
  Tensor cumprod(int64_t dim) const;
  ValuesIndices cummax(int64_t dim) const;
  ValuesIndices cummin(int64_t dim) const;
  Tensor logcumsumexp(int64_t dim) const;
  Tensor diff(int64_t n = 1, int64_t dim = -1) const;
  Tensor softmax(int64_t dim = -1) const;
  Tensor log_softmax(int64_t dim = -1) const;
  Tensor matmul(const Tensor& other) const;
  Tensor dot(const Tensor& other) const;
  Tensor outer(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor gather(int64_t dim, const Tensor& ids) const;
  Tensor index_select(int64_t dim, const Tensor& ids) const;
  Tensor index_add(int64_t dim, const Tensor& ids, const Tensor& source) const;
  Tensor index_copy(int64_t dim, const Tensor& ids, const Tensor& source) const;
  Tensor index_fill(int64_t dim, const Tensor& ids, double value) const;
  Tensor index_put(const std::vector<Tensor>& ids, const Tensor& values, bool accumulate = false) const;
  Tensor scatter(int64_t dim, const Tensor& ids, const Tensor& source) const;
  Tensor scatter(int64_t dim, const Tensor& ids, double value) const;
  Tensor scatter_add(int64_t dim, const Tensor& ids, const Tensor& source) const;
  Tensor scatter_reduce(int64_t dim, const Tensor& ids, const Tensor& source, Reduce reduce,
                        bool include_self = true) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor nonzero() const;
  UniqueResult unique() const;
  Tensor bincount(const Tensor& weights = {}, int64_t minlength = 0) const;
  Tensor reshape(const Shape& shape) const;
  Tensor view(const Shape& shape) const;
  Tensor transpose(int64_t a, int64_t b) const;
  Tensor t() const;  ///< of a matrix
  Tensor permute(const std::vector<int64_t>& dims) const;
  Tensor movedim(int64_t source, int64_t destination) const;
  Tensor movedim(const std::vector<int64_t>& source, const std::vector<int64_t>& destination) const;
  Tensor diagonal(int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1) const;
  Tensor diag_embed(int64_t offset = 0, int64_t dim1 = -2, int64_t dim2 = -1) const;
  Tensor expand(const Shape& shape) const;
  Tensor select(int64_t dim, int64_t index) const;
  Tensor narrow(int64_t dim, int64_t start, int64_t length) const;
  Tensor squeeze() const;
  Tensor squeeze(int64_t dim) const;
  Tensor unsqueeze(int64_t dim) const;
  Tensor flatten(int64_t start_dim = 0, int64_t end_dim = -1) const;
  std::vector<Tensor> split(int64_t size, int64_t dim = 0) const;
  std::vector<Tensor> split(const std::vector<int64_t>& sizes, int64_t dim = 0) const;
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0) const;
  std::vector<Tensor> unbind(int64_t dim = 0) const;
  Tensor unfold(int64_t dim, int64_t size, int64_t step) const;
  Tensor repeat(const std::vector<int64_t>& repeats) const;
  Tensor repeat_interleave(int64_t repeats, std::optional<int64_t> dim = {}) const;
  Tensor repeat_interleave(const Tensor& repeats, std::optional<int64_t> dim = {}) const;
  Tensor flip(const Dims& dims) const;
  Tensor roll(const Dims& shifts, const Dims& dims = {}) const;
  Tensor tril(int64_t diagonal = 0) const;
  Tensor triu(int64_t diagonal = 0) const;
  Tensor to(Dtype dtype) const;
  Tensor contiguous() const;
  Tensor clone() const;
  /// The same storage, off the tape.
  Tensor detach() const;

  // Gradients.
  bool requires_grad() const;
  /// Makes this a leaf that collects a gradient (or stops). Floating dtypes only; throws on
  /// a result of an op.
  const Tensor& requires_grad_(bool on = true) const;
  /// True unless an op made it with gradients on.
  bool is_leaf() const;
  /// Keeps the gradient of a non-leaf at the next backward.
  const Tensor& retain_grad() const;
  bool has_grad() const;
  /// The gradient that backward has left, dense; undefined where there is none. For a
  /// table of which backward has touched some rows this makes a full-size copy:
  /// row_grad() is the cheap way.
  Tensor grad() const;
  /// The gradient as touched rows, or null where it is dense or absent.
  const RowGrad* row_grad() const;
  /// Replaces the gradient of a leaf; an undefined tensor removes it.
  void set_grad(const Tensor& grad) const;
  void set_grad(RowGrad grad) const;
  void zero_grad() const;
  /// Runs on this tensor's gradient in every walk, before the gradient goes on (or is added to
  /// a leaf's; the gradient of a table is made dense for it). In order of registration; a hook
  /// must not own the tensor.
  Hook register_hook(GradientHook hook) const;
  /// Runs after a walk has added to this leaf's gradient.
  Hook register_accumulate_hook(AccumulateHook hook) const;
  /// Walks the tape back from this scalar (or with `seed`, of this tensor's shape) and adds to
  /// the leaves' gradients.
  void backward(const BackwardOptions& options = {}) const;
  void backward(const Tensor& seed, const BackwardOptions& options = {}) const;

  /// The same for all handles of one tensor, and for no other that lives; null where undefined.
  const void* id() const { return body_.get(); }

 private:
  friend struct detail::TensorAccess;
  explicit Tensor(detail::Ref<detail::Body> body) : body_(std::move(body)) {}
  detail::Ref<detail::Body> body_;
};

// Creation. Shapes are lists: zeros({2, 3}).
Tensor empty(const Shape& shape, Dtype dtype = float32);  ///< values undefined
Tensor zeros(const Shape& shape, Dtype dtype = float32);
Tensor ones(const Shape& shape, Dtype dtype = float32);
Tensor full(const Shape& shape, Scalar value, Dtype dtype = float32);
namespace detail {
Tensor arange_whole(Scalar start, Scalar end, Scalar step, Dtype dtype);
Tensor arange_real(double start, double end, double step, Dtype dtype);
}  // namespace detail
/// start, start + step, ... below end: int64 where all are whole, else float32.
template <detail::Number A, detail::Number B, detail::Number C = int>
Tensor arange(A start, B end, C step = 1, std::optional<Dtype> dtype = {}) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B> && std::is_integral_v<C>)
    return detail::arange_whole(start, end, step, dtype.value_or(int64));
  return detail::arange_real(static_cast<double>(start), static_cast<double>(end), static_cast<double>(step),
                             dtype.value_or(float32));
}
/// The same from 0 in steps of 1.
template <detail::Number T>
Tensor arange(T end) {
  return arange(0, end);
}
/// `steps` numbers from start to end, both included, at equal distances.
Tensor linspace(double start, double end, int64_t steps, Dtype dtype = float32);
/// Ones on the diagonal of an n x m matrix of zeros; m = n where it is not given.
Tensor eye(int64_t n, int64_t m = -1, Dtype dtype = float32);
/// Values in row-major order.
template <class T>
Tensor from_values(std::span<const T> values, const Shape& shape);

/// How tensors are printed.
struct PrintOptions {
  int precision = 4;                  ///< digits after the point
  int64_t threshold = 1000;           ///< tensors of more elements are summarised
  int64_t edge_items = 3;             ///< entries at either end of a dimension of those
  int64_t line_width = 80;            ///< letters
  std::optional<bool> sci_mode = {};  ///< scientific notation; undefined: where numbers need it
};
/// The process prints so from now on; throws for numbers below 0.
void set_print_options(const PrintOptions& options);
PrintOptions print_options();

/// As PyTorch prints: tensor([[0.1000, 2.0000]], grad_fn=<AddBackward0>), summarised
/// past 1000 elements.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::string to_string(const Tensor& tensor);

/// Counts a change of x in place that was made through data(): rules that keep x for backward notice it, as
/// they do changes by add_() and the others. `by` names the change in their errors; it must be a literal.
void increment_version(const Tensor& x, const char* by = "increment_version");

/// True if shapes agree and |a - b| <= atol + rtol * |b| everywhere (NaN equals nothing).
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8);
/// True if shapes, dtypes and all values agree exactly.
bool equal(const Tensor& a, const Tensor& b);

/// The dtype in which an op of both computes: the higher of bool < int64 < bfloat16 <
/// float32 < float64, but a tensor of rank 0 raises one with dimensions only to a higher
/// kind (bool, whole, floating).
Dtype result_type(const Tensor& a, const Tensor& b);

/// From nested lists of numbers, which may be mixed: tensor({2, 3, 5}) is int64, tensor({{0.5, 1}, {2, 3}})
/// float32, tensor({true}) boolean, tensor({}) an empty float32. A number alone is a scalar (rank 0) of its
/// kind: tensor(3) is int64. Throws where the lists are not rectangular.
Tensor tensor(const Literal& values, std::optional<Dtype> dtype = {});
/// From a vector, or nested ones, of their numbers' type: double gives float64, int int64.
template <class T>
Tensor tensor(const std::vector<T>& values, std::optional<Dtype> dtype = {}) {
  using Nested = detail::VectorElement<std::vector<T>>;
  using Element = typename Nested::type;
  std::vector<int64_t> sizes;
  Nested::form(values, sizes);
  Tensor out = empty(sizes, dtype_of<Element>);
  Element* to = out.data<Element>();
  Nested::read(values, sizes, 0, to);
  return dtype ? out.to(*dtype) : out;
}

}  // namespace lexigrad

#include "lexigrad/autograd/tensor/indexing.h"  // what operator[] takes and returns
