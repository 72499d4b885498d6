#include "lexigrad/nn/losses/sampler.h"

#include <cmath>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/draws.h"

namespace lexigrad::nn {

// Column c, each as likely as another, stands for class c where 64 random bits are below
// `keep`, else for the class `alias`.
struct Sampler::Table {
  struct Column {
    uint64_t keep;
    int64_t alias;
  };
  std::vector<Column> columns;
  std::vector<double> log_p;
};

namespace {

constexpr int64_t kDrawsPerBlock = 1 << 13;
__extension__ using Wide = unsigned __int128;

uint64_t as_bits(double share) {
  return share >= 1 ? UINT64_MAX : static_cast<uint64_t>(std::ldexp(share, 64));
}

}  // namespace

Sampler Sampler::from_weights(const std::vector<double>& weights) {
  double n = static_cast<double>(weights.size()),
         total = std::accumulate(weights.begin(), weights.end(), 0.0);
  auto table = std::make_shared<Table>();
  std::vector<double> share;  // of a column that the class still has to fill
  std::vector<size_t> small, large;
  for (size_t c = 0; c < weights.size(); ++c) {
    table->log_p.push_back(std::log(weights[c] / total));
    table->columns.push_back({UINT64_MAX, static_cast<int64_t>(c)});
    share.push_back(weights[c] / total * n);
    (share[c] < 1 ? small : large).push_back(c);
  }
  while (!small.empty() && !large.empty()) {
    size_t less = small.back(), more = large.back();
    small.pop_back();
    table->columns[less] = {as_bits(share[less]), static_cast<int64_t>(more)};
    share[more] -= 1 - share[less];
    if (share[more] >= 1) continue;
    large.pop_back();
    small.push_back(more);
  }
  Sampler out;
  out.table_ = std::move(table);
  return out;
}

Sampler Sampler::uniform(int64_t classes) {
  check(classes > 0, "Sampler::uniform", "Needs at least one class, got ", classes);
  return from_weights(std::vector<double>(static_cast<size_t>(classes), 1));
}

Sampler Sampler::log_uniform(int64_t classes) {
  check(classes > 0, "Sampler::log_uniform", "Needs at least one class, got ", classes);
  std::vector<double> weights;
  for (int64_t k = 0; k < classes; ++k) weights.push_back(std::log1p(1 / static_cast<double>(k + 1)));
  return from_weights(weights);
}

Sampler Sampler::unigram(const std::vector<int64_t>& counts, double power) {
  check(std::isfinite(power), "Sampler::unigram", "The power is ", power, ". Hint: 0.75 is usual");
  std::vector<double> weights;
  double total = 0;
  for (size_t c = 0; c < counts.size(); ++c) {
    check(counts[c] >= 0, "Sampler::unigram", "Class ", c, " has the count ", counts[c],
          " (valid are 0 and more)");
    weights.push_back(counts[c] == 0 ? 0 : std::pow(static_cast<double>(counts[c]), power));
    total += weights.back();
  }
  check(total > 0, "Sampler::unigram", "None of ", counts.size(), " classes has a count above 0");
  return from_weights(weights);
}

int64_t Sampler::classes() const { return static_cast<int64_t>(table_->log_p.size()); }

Tensor Sampler::draw(const Shape& shape) const {
  Tensor ids = empty(shape, int64);
  int64_t* to = ids.data<int64_t>();
  Draw draw = next_draw();
  Wide n = table_->columns.size();
  parallel_ranges(ids.numel(), kDrawsPerBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += 4) {
      CounterRng::Block bits = draw.block(static_cast<uint64_t>(i / 4));
      for (int64_t k = 0; k < 4 && i + k < end; ++k) {
        Wide product = n * bits[static_cast<size_t>(k)];  // high half: the column; low half: where in it
        const Table::Column& column = table_->columns[static_cast<size_t>(product >> 64)];
        to[i + k] = static_cast<uint64_t>(product) <= column.keep ? static_cast<int64_t>(product >> 64)
                                                                  : column.alias;
      }
    }
  });
  return ids;
}

Tensor Sampler::log_probability(const Tensor& ids, Dtype dtype) const {
  check(ids.dtype() == int64, "Sampler", "Ids must be int64, got ", name(ids.dtype()));
  Tensor flat = ids.contiguous(), out = empty(ids.shape(), float64);
  const int64_t* id = flat.data<int64_t>();
  for (int64_t i = 0; i < flat.numel(); ++i) {
    check(id[i] >= 0 && id[i] < classes(), "Sampler", "Id ", id[i], " is outside the ", classes(),
          " classes (valid are 0..", classes() - 1, ")");
    out.data<double>()[i] = table_->log_p[static_cast<size_t>(id[i])];
  }
  return out.to(dtype);
}

}  // namespace lexigrad::nn
