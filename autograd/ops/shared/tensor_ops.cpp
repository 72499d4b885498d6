// Tensor's members that are ops.
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/copies.h"

namespace lexigrad {

Tensor Tensor::abs() const { return lexigrad::abs(*this); }
Tensor Tensor::sign() const { return lexigrad::sign(*this); }
Tensor Tensor::neg() const { return lexigrad::neg(*this); }
Tensor Tensor::square() const { return lexigrad::square(*this); }
Tensor Tensor::exp() const { return lexigrad::exp(*this); }
Tensor Tensor::log() const { return lexigrad::log(*this); }
Tensor Tensor::expm1() const { return lexigrad::expm1(*this); }
Tensor Tensor::log1p() const { return lexigrad::log1p(*this); }
Tensor Tensor::sqrt() const { return lexigrad::sqrt(*this); }
Tensor Tensor::rsqrt() const { return lexigrad::rsqrt(*this); }
Tensor Tensor::reciprocal() const { return lexigrad::reciprocal(*this); }
Tensor Tensor::sin() const { return lexigrad::sin(*this); }
Tensor Tensor::cos() const { return lexigrad::cos(*this); }
Tensor Tensor::erf() const { return lexigrad::erf(*this); }
Tensor Tensor::tanh() const { return lexigrad::tanh(*this); }
Tensor Tensor::relu() const { return lexigrad::relu(*this); }
Tensor Tensor::sigmoid() const { return lexigrad::sigmoid(*this); }
Tensor Tensor::silu() const { return lexigrad::silu(*this); }
Tensor Tensor::gelu() const { return lexigrad::gelu(*this); }
Tensor Tensor::logical_not() const { return lexigrad::logical_not(*this); }
Tensor Tensor::pow(double exponent) const { return lexigrad::pow(*this, exponent); }
Tensor Tensor::pow(const Tensor& exponent) const { return lexigrad::pow(*this, exponent); }
Tensor Tensor::clamp(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return lexigrad::clamp(*this, min, max);
}
Tensor Tensor::masked_fill(const Tensor& mask, Scalar value) const {
  return lexigrad::masked_fill(*this, mask, value);
}

Tensor Tensor::sum() const { return lexigrad::sum(*this); }
Tensor Tensor::sum(const Dims& dims, bool keepdim) const { return lexigrad::sum(*this, dims, keepdim); }
Tensor Tensor::mean() const { return lexigrad::mean(*this); }
Tensor Tensor::mean(const Dims& dims, bool keepdim) const { return lexigrad::mean(*this, dims, keepdim); }
Tensor Tensor::prod() const { return lexigrad::prod(*this); }
Tensor Tensor::prod(const Dims& dims, bool keepdim) const { return lexigrad::prod(*this, dims, keepdim); }
Tensor Tensor::any() const { return lexigrad::any(*this); }
Tensor Tensor::any(const Dims& dims, bool keepdim) const { return lexigrad::any(*this, dims, keepdim); }
Tensor Tensor::all() const { return lexigrad::all(*this); }
Tensor Tensor::all(const Dims& dims, bool keepdim) const { return lexigrad::all(*this, dims, keepdim); }
Tensor Tensor::var() const { return lexigrad::var(*this); }
Tensor Tensor::var(const Dims& dims, bool keepdim, double correction) const {
  return lexigrad::var(*this, dims, keepdim, correction);
}
Tensor Tensor::std() const { return lexigrad::std(*this); }
Tensor Tensor::std(const Dims& dims, bool keepdim, double correction) const {
  return lexigrad::std(*this, dims, keepdim, correction);
}
Tensor Tensor::norm(double p) const { return lexigrad::norm(*this, p); }
Tensor Tensor::norm(double p, const Dims& dims, bool keepdim) const {
  return lexigrad::norm(*this, p, dims, keepdim);
}
Tensor Tensor::logsumexp(const Dims& dims, bool keepdim) const {
  return lexigrad::logsumexp(*this, dims, keepdim);
}
Tensor Tensor::amax(const Dims& dims, bool keepdim) const { return lexigrad::amax(*this, dims, keepdim); }
Tensor Tensor::amin(const Dims& dims, bool keepdim) const { return lexigrad::amin(*this, dims, keepdim); }
Tensor Tensor::max() const { return lexigrad::max(*this); }
ValuesIndices Tensor::max(int64_t dim, bool keepdim) const { return lexigrad::max(*this, dim, keepdim); }
Tensor Tensor::min() const { return lexigrad::min(*this); }
ValuesIndices Tensor::min(int64_t dim, bool keepdim) const { return lexigrad::min(*this, dim, keepdim); }
Tensor Tensor::argmax() const { return lexigrad::argmax(*this); }
Tensor Tensor::argmax(int64_t dim, bool keepdim) const { return lexigrad::argmax(*this, dim, keepdim); }
Tensor Tensor::argmin() const { return lexigrad::argmin(*this); }
Tensor Tensor::argmin(int64_t dim, bool keepdim) const { return lexigrad::argmin(*this, dim, keepdim); }
ValuesIndices Tensor::sort(int64_t dim, bool descending) const {
  return lexigrad::sort(*this, dim, descending);
}
Tensor Tensor::argsort(int64_t dim, bool descending) const {
  return lexigrad::argsort(*this, dim, descending);
}
ValuesIndices Tensor::topk(int64_t k, int64_t dim, bool largest) const {
  return lexigrad::topk(*this, k, dim, largest);
}

Tensor Tensor::cumsum(int64_t dim) const { return lexigrad::cumsum(*this, dim); }
Tensor Tensor::softmax(int64_t dim) const { return lexigrad::softmax(*this, dim); }
Tensor Tensor::log_softmax(int64_t dim) const { return lexigrad::log_softmax(*this, dim); }
Tensor Tensor::matmul(const Tensor& other) const { return lexigrad::matmul(*this, other); }
Tensor Tensor::dot(const Tensor& other) const { return lexigrad::dot(*this, other); }
Tensor Tensor::gather(int64_t dim, const Tensor& ids) const { return lexigrad::gather(*this, dim, ids); }
Tensor Tensor::index_select(int64_t dim, const Tensor& ids) const {
  return lexigrad::index_select(*this, dim, ids);
}

Tensor Tensor::reshape(const Shape& shape) const { return lexigrad::reshape(*this, shape); }
Tensor Tensor::view(const Shape& shape) const { return lexigrad::view(*this, shape); }
Tensor Tensor::transpose(int64_t a, int64_t b) const { return lexigrad::transpose(*this, a, b); }
Tensor Tensor::t() const {
  check(rank() == 2, "t", "Needs a matrix, got shape ", shape(),
        ". Hint: transpose(a, b) names the dimensions");
  return lexigrad::transpose(*this, 0, 1);
}
Tensor Tensor::permute(const std::vector<int64_t>& dims) const { return lexigrad::permute(*this, dims); }
Tensor Tensor::expand(const Shape& shape) const { return lexigrad::expand(*this, shape); }
Tensor Tensor::select(int64_t dim, int64_t index) const { return lexigrad::select(*this, dim, index); }
Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  return lexigrad::narrow(*this, dim, start, length);
}
Tensor Tensor::squeeze() const { return lexigrad::squeeze(*this); }
Tensor Tensor::squeeze(int64_t dim) const { return lexigrad::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(int64_t dim) const { return lexigrad::unsqueeze(*this, dim); }
Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  return lexigrad::flatten(*this, start_dim, end_dim);
}
std::vector<Tensor> Tensor::split(int64_t size, int64_t dim) const {
  return lexigrad::split(*this, size, dim);
}
std::vector<Tensor> Tensor::split(const std::vector<int64_t>& sizes, int64_t dim) const {
  return lexigrad::split(*this, sizes, dim);
}
std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const {
  return lexigrad::chunk(*this, chunks, dim);
}
std::vector<Tensor> Tensor::unbind(int64_t dim) const { return lexigrad::unbind(*this, dim); }
Tensor Tensor::unfold(int64_t dim, int64_t size, int64_t step) const {
  return lexigrad::unfold(*this, dim, size, step);
}
Tensor Tensor::repeat(const std::vector<int64_t>& repeats) const { return lexigrad::repeat(*this, repeats); }
Tensor Tensor::flip(const Dims& dims) const { return lexigrad::flip(*this, dims); }
Tensor Tensor::roll(const Dims& shifts, const Dims& dims) const {
  return lexigrad::roll(*this, shifts, dims);
}
Tensor Tensor::tril(int64_t diagonal) const { return lexigrad::tril(*this, diagonal); }
Tensor Tensor::triu(int64_t diagonal) const { return lexigrad::triu(*this, diagonal); }
Tensor Tensor::to(Dtype dtype) const { return lexigrad::to(*this, dtype); }
Tensor Tensor::contiguous() const {
  if (is_contiguous()) return *this;
  detail::count_copy(bytes());
  return lexigrad::clone(*this);
}
Tensor Tensor::clone() const { return lexigrad::clone(*this); }

}  // namespace lexigrad
