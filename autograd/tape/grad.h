// Gradients of chosen tensors, and gradients of gradients.
#pragma once
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

struct GradOptions {
  std::vector<Tensor> grad_outputs = {};  ///< one of each output's shape; none: the outputs are scalars
  bool retain_graph = false;              ///< keep what the rules saved, for another walk
  bool create_graph = false;              ///< the gradients are on the tape themselves; keeps the graph, too
  bool allow_unused = false;              ///< inputs without a part in the outputs give Tensor()
};

/// The gradients of sum over i of <outputs[i], grad_outputs[i]> with respect to each of
/// `inputs`, leaves or not; rules that lead to none of them do not run, and no tensor's grad()
/// changes. Throws where an input does not require a gradient, or has no part in the outputs.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options = {});
std::vector<Tensor> grad(const Tensor& output, const std::vector<Tensor>& inputs,
                         const GradOptions& options = {});

/// Walks back from several tensors at once, each with a seed of its shape, and adds to the
/// leaves' gradients.
void backward(const std::vector<Tensor>& outputs, const std::vector<Tensor>& seeds,
              const BackwardOptions& options = {});

}  // namespace lexigrad
