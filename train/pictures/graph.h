// A picture of a loss's graph: one HTML file that needs no network.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/nn/parameter.h"

namespace lexigrad::train {

/// While it lives, keeps what the page shows of the forward pass in this thread and the tape
/// does not hold: values of tensors of up to 64 elements, inputs that want no gradient, and
/// the order of the ops.
class [[nodiscard]] GraphTrace {
 public:
  GraphTrace();
  ~GraphTrace();
  GraphTrace(const GraphTrace&) = delete;
  GraphTrace& operator=(const GraphTrace&) = delete;

 private:
  friend class GraphReader;
  struct Trace;
  std::unique_ptr<Trace> trace_;
};

struct GraphOptions {
  std::string title = "Graph";
  std::vector<nn::ParameterRef> parameters = {};  ///< whose names and values leaves have: model.parameters()
  const GraphTrace* trace = nullptr;              ///< that lived during the forward pass
};

/// Writes `loss` (one element) and all that made it: ops folded by module, shapes, dtypes,
/// bytes kept for backward (what the rules read, each storage once; parameters are not
/// counted), small values and gradients, and a slider over forward and backward. Walks backward
/// for that, and leaves the graph and all gradients as they were (hooks do not run): call it
/// before backward(). Throws FileError.
void write_graph_html(const Tensor& loss, const std::string& path, const GraphOptions& options = {});

}  // namespace lexigrad::train
