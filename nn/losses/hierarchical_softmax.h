// Softmax as a walk down a binary tree: log2(classes) decisions a target, and probabilities
// that sum to 1.
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// Huffman's tree over classes by how often they occur: frequent ones are few steps from the
/// root. Of n classes it has n - 1 inner nodes, numbered from the lightest; the root is n - 2.
class HuffmanTree {
 public:
  /// Counts of at least two classes, none negative.
  explicit HuffmanTree(const std::vector<int64_t>& counts);

  int64_t classes() const { return static_cast<int64_t>(begin_.size()) - 1; }
  /// Inner nodes from the root to the class, and whether the walk goes right (1) or left
  /// (0) at each.
  std::vector<int64_t> path(int64_t id) const;
  std::vector<int64_t> code(int64_t id) const;

 private:
  std::vector<int64_t> nodes_, turns_;  ///< the paths one after another
  std::vector<int64_t> begin_;          ///< where that of each class begins, and the end
};

struct HierarchicalOptions {
  int64_t ignore_index = -100;  ///< targets that do not count
};

/// -log p(target), summed: p is the product over the target's path of s(z) to the left and
/// s(-z) to the right, s the sigmoid, z = x weight[node] + bias[node] (Morin and Bengio 2005;
/// Mikolov et al. 2013). x (..., dim), weight (classes - 1, dim), bias (classes - 1) or
/// undefined, int64 targets (...).
Loss hierarchical_softmax(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                          const HuffmanTree& tree, const HierarchicalOptions& options = {});

}  // namespace lexigrad::nn
