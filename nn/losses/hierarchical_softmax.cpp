#include "lexigrad/nn/losses/hierarchical_softmax.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "lexigrad/autograd/ops/shared/class_targets.h"

namespace lexigrad::nn {
namespace {

struct Parent {
  int64_t node = -1;  // inner; -1 above the root
  int64_t turn = 0;   // of the walk from it
};

// The parents of the leaves 0..n-1 and then of the inner nodes, lightest first. Inner nodes
// are made in order of weight, so the two lightest are always at the heads of two queues
// (van Leeuwen 1976).
std::vector<Parent> parents_of(const std::vector<int64_t>& counts) {
  size_t n = counts.size();
  std::vector<size_t> leaves(n);
  std::iota(leaves.begin(), leaves.end(), size_t{0});
  std::stable_sort(leaves.begin(), leaves.end(), [&](size_t a, size_t b) { return counts[a] < counts[b]; });
  std::vector<double> weight(n - 1);
  std::vector<Parent> parents(2 * n - 1);
  size_t leaf = 0, inner = 0;
  for (size_t node = 0; node + 1 < n; ++node)
    for (int64_t turn : {1, 0}) {
      bool take_leaf =
          leaf < n && (inner == node || static_cast<double>(counts[leaves[leaf]]) <= weight[inner]);
      size_t child = take_leaf ? leaves[leaf] : n + inner;
      weight[node] += take_leaf ? static_cast<double>(counts[leaves[leaf]]) : weight[inner];
      ++(take_leaf ? leaf : inner);
      parents[child] = {static_cast<int64_t>(node), turn};
    }
  return parents;
}

}  // namespace

HuffmanTree::HuffmanTree(const std::vector<int64_t>& counts) : begin_{0} {
  check(counts.size() >= 2, "HuffmanTree", "Needs at least two classes, got ", counts.size());
  for (size_t c = 0; c < counts.size(); ++c)
    check(counts[c] >= 0, "HuffmanTree", "Class ", c, " has the count ", counts[c],
          " (valid are 0 and more)");
  std::vector<Parent> parents = parents_of(counts);
  for (size_t c = 0; c < counts.size(); ++c) {
    for (Parent up = parents[c]; up.node >= 0; up = parents[counts.size() + static_cast<size_t>(up.node)]) {
      nodes_.push_back(up.node);
      turns_.push_back(up.turn);
    }
    std::reverse(nodes_.begin() + begin_.back(), nodes_.end());
    std::reverse(turns_.begin() + begin_.back(), turns_.end());
    begin_.push_back(static_cast<int64_t>(nodes_.size()));
  }
}

std::vector<int64_t> HuffmanTree::path(int64_t id) const {
  check(id >= 0 && id < classes(), "HuffmanTree", "Id ", id, " is outside the ", classes(),
        " classes (valid are 0..", classes() - 1, ")");
  return {nodes_.begin() + begin_[id], nodes_.begin() + begin_[id + 1]};
}

std::vector<int64_t> HuffmanTree::code(int64_t id) const {
  check(id >= 0 && id < classes(), "HuffmanTree", "Id ", id, " is outside the ", classes(),
        " classes (valid are 0..", classes() - 1, ")");
  return {turns_.begin() + begin_[id], turns_.begin() + begin_[id + 1]};
}

Loss hierarchical_softmax(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                          const HuffmanTree& tree, const HierarchicalOptions& options) {
  const char* loss = "hierarchical_softmax";
  check(x.rank() >= 1 && weight.rank() == 2 && x.size(-1) == weight.size(1), loss,
        "Needs x (..., dim) and weight (classes - 1, dim), got ", x.shape(), " and ", weight.shape());
  check(weight.size(0) == tree.classes() - 1, loss, "A tree of ", tree.classes(), " classes has ",
        tree.classes() - 1, " inner nodes, weight has ", weight.size(0), " rows");
  Tensor flat = lexigrad::detail::checked_targets(loss, targets, x.shape().without(x.rank() - 1),
                                                  tree.classes(), options.ignore_index);
  std::vector<std::vector<int64_t>> paths, codes;
  int64_t n = flat.numel(), longest = 0, count = 0;
  for (int64_t t : flat.to_vector<int64_t>()) {
    bool counts = t != options.ignore_index;
    paths.push_back(counts ? tree.path(t) : std::vector<int64_t>{});
    codes.push_back(counts ? tree.code(t) : std::vector<int64_t>{});
    longest = std::max(longest, static_cast<int64_t>(paths.back().size()));
    count += counts;
  }
  Tensor ids = full({n, longest}, -1, int64), sign = zeros({n, longest}, float64);
  for (int64_t i = 0; i < n; ++i)
    for (size_t j = 0; j < paths[i].size(); ++j) {
      int64_t at = i * longest + static_cast<int64_t>(j);
      ids.data<int64_t>()[at] = paths[i][j];
      sign.data<double>()[at] = codes[i][j] ? 1 : -1;
    }
  sign = sign.to(x.dtype());
  Tensor logits = linear_rows(x.reshape({n, x.size(-1)}), weight, bias, ids);
  Tensor terms = softplus(logits * sign, 1, std::numeric_limits<double>::infinity()) * square(sign);
  return {lexigrad::sum(terms), count, static_cast<double>(count),
          [terms, shape = targets.shape()] { return lexigrad::sum(terms, {-1}).reshape(shape); }};
}

}  // namespace lexigrad::nn
