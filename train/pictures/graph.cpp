#include "lexigrad/train/pictures/graph.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/data/text/json_text.h"

namespace lexigrad::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSmall = 64;

int64_t bytes_of(const Shape& shape, Dtype dtype) { return shape.numel() * item_size(dtype); }

// Values as a person reads them: JSON knows no nan.
Json values_of(const Tensor& x) {
  Json out = Json::array();
  for (double value : x.detach().to_vector<double>()) {
    char digits[32];
    out.push_back(
        std::string(digits, std::to_chars(digits, digits + 32, value, std::chars_format::general, 6).ptr));
  }
  return out;
}

}  // namespace

// What a GraphTrace has seen, by the nodes' ids.
struct GraphTrace::Trace {
  struct Made {
    size_t order;
    std::vector<std::pair<int, Tensor>> constants;
  };
  std::unordered_map<const void*, Made> ops;
  std::unordered_map<const void*, Tensor> values;  // of leaves, and small ones of ops and their outputs
  std::vector<TapeNode> alive;                     // so that no other node takes an id
  OpListener listener{[this](const char*, std::span<const Tensor> outputs,
                             std::span<const Tensor* const> inputs) { made(outputs, inputs); }};

  void made(std::span<const Tensor> outputs, std::span<const Tensor* const> inputs) {
    const void* op = nullptr;
    for (const Tensor& y : outputs) {
      TapeNode node(y);
      if (!node) continue;
      op = node.output() < 0 ? node.id() : node.inputs()[0].id();
      if (y.numel() <= kSmall) values.emplace(node.id(), y.detach().clone());
      alive.push_back(std::move(node));
    }
    if (!op) return;
    Made made{ops.size(), {}};
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i]->defined()) continue;
      TapeNode from(*inputs[i]);
      if (!from)
        made.constants.emplace_back(static_cast<int>(i), inputs[i]->detach());
      else if (from.is_leaf() && values.emplace(from.id(), inputs[i]->detach()).second)
        alive.push_back(std::move(from));
    }
    ops.emplace(op, std::move(made));
  }
};

GraphTrace::GraphTrace() : trace_(std::make_unique<Trace>()) {}
GraphTrace::~GraphTrace() = default;

namespace {

// What a rule did in a walk back.
struct Ran {
  std::vector<Tensor> gradients;  // of the outputs; small ones only
  struct Saved {
    Tensor values;
    bool leaf;
  };
  std::vector<Saved> saved;  // one of each storage

  void read(const Tensor& x) {
    auto same = [&](const Saved& s) { return s.values.shares_storage(x); };
    if (std::none_of(saved.begin(), saved.end(), same))
      saved.push_back({x.detach(), x.is_leaf() && x.requires_grad()});
  }
};

}  // namespace

/// Turns a graph into what the page's script reads.
class GraphReader {
 public:
  GraphReader(const Tensor& loss, const GraphOptions& options)
      : trace_(options.trace ? options.trace->trace_.get() : nullptr), nodes_(tape_of(loss)) {
    for (const nn::ParameterRef& p : options.parameters)
      if (TapeNode node(p); node) parameters_.emplace(node.id(), &p);
    if (trace_) by_trace();
    for (size_t i = 0; i < nodes_.size(); ++i) place_[nodes_[i].id()] = i;
    list_nodes();
    add_constants();
    walk(loss);
    out_["title"] = options.title;
    out_["traced"] = trace_ != nullptr;
  }

  std::string json() const { return data::json_text(out_); }

 private:
  // The number of a node's op in the trace; none for leaves and for what was
  // made before the trace.
  std::optional<size_t> order_of(const TapeNode& node) const {
    auto found = trace_->ops.find(node.output() < 0 ? node.id() : node.inputs()[0].id());
    return found == trace_->ops.end() ? std::nullopt : std::optional(found->second.order);
  }

  // The order in which the ops ran, where all are known; leaves stay before what reads them,
  // outputs behind their op.
  void by_trace() {
    auto known = [&](const TapeNode& node) { return node.is_leaf() || order_of(node); };
    if (!std::all_of(nodes_.begin(), nodes_.end(), known)) return;
    auto key = [&](const TapeNode& node) {
      return node.is_leaf() ? std::pair<size_t, int64_t>{0, 0}
                            : std::pair<size_t, int64_t>{*order_of(node) + 1, node.output()};
    };
    std::stable_sort(nodes_.begin(), nodes_.end(),
                     [&](const TapeNode& a, const TapeNode& b) { return key(a) < key(b); });
  }

  static Json entry_of(const TapeNode& node) {
    Json entry{{"op", node.is_leaf() ? "" : node.name()},
               {"kind", node.is_leaf()       ? "leaf"
                        : node.output() >= 0 ? "output"
                                             : "op"},
               {"scope", node.module_path()},
               {"shape", text(node.shape())},
               {"dtype", name(node.dtype())},
               {"bytes", bytes_of(node.shape(), node.dtype())}};
    if (node.output() >= 0) entry["op"] = text(node.name(), " output ", node.output());
    return entry;
  }

  void list_nodes() {
    for (const TapeNode& node : nodes_) {
      Json entry = entry_of(node);
      Json inputs = Json::array();
      for (const TapeNode& input : node.inputs()) inputs.push_back(place_.at(input.id()));
      entry["inputs"] = inputs;
      if (node.output() >= 0)
        add_output(node, out_["nodes"][place_.at(node.inputs()[0].id())]);
      else if (!node.is_leaf())
        out_["forward"].push_back(place_.at(node.id()));
      Tensor value = value_of(node, entry);
      if (value.defined() && value.numel() <= kSmall) entry["value"] = values_of(value);
      out_["nodes"].push_back(std::move(entry));
    }
  }

  // An op with several outputs has the forms of those that lead to the loss.
  void add_output(const TapeNode& output, Json& op) {
    bool first = several_.insert(place_.at(output.inputs()[0].id())).second;
    std::string shape = text(output.shape());
    op["shape"] = first ? shape : op["shape"].get<std::string>() + ", " + shape;
    op["dtype"] = name(output.dtype());
    op["bytes"] = (first ? 0 : op["bytes"].get<int64_t>()) + bytes_of(output.shape(), output.dtype());
  }

  // The value of a node's tensor where it is known; names a parameter.
  Tensor value_of(const TapeNode& node, Json& entry) {
    if (auto found = parameters_.find(node.id()); found != parameters_.end()) {
      entry["kind"] = "parameter";
      entry["op"] = found->second->name;
      return *found->second;
    }
    if (!trace_) return {};
    auto found = trace_->values.find(node.id());
    return found == trace_->values.end() ? Tensor() : found->second;
  }

  // Inputs that want no gradient, one node for each tensor.
  void add_constants() {
    if (!trace_) return;
    std::vector<std::pair<Tensor, size_t>> known;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      auto made = trace_->ops.find(nodes_[i].id());
      if (made == trace_->ops.end()) continue;
      for (const auto& [index, x] : made->second.constants) {
        auto found = std::find_if(known.begin(), known.end(), [&x = x](const auto& k) {
          return k.first.shares_storage(x) && k.first.shape() == x.shape();
        });
        if (found == known.end()) {
          Json entry{{"op", ""},
                     {"kind", "constant"},
                     {"scope", nodes_[i].module_path()},
                     {"shape", text(x.shape())},
                     {"dtype", name(x.dtype())},
                     {"bytes", bytes_of(x.shape(), x.dtype())},
                     {"inputs", Json::array()}};
          if (x.numel() <= kSmall) entry["value"] = values_of(x);
          known.emplace_back(x, out_["nodes"].size());
          out_["nodes"].push_back(std::move(entry));
          found = known.end() - 1;
        }
        out_["nodes"][i]["inputs"].push_back(found->second);
      }
    }
  }

  void walk(const Tensor& loss) {
    std::unordered_map<const void*, Ran> ran;
    out_["backward"] = Json::array();
    WalkListener listener;
    listener.running = [&](const TapeNode& op, std::span<const Tensor> gradients) {
      auto place = place_.find(op.id());
      if (place == place_.end()) return;  // made by a rule, of what is computed again
      out_["backward"].push_back(place->second);
      for (const Tensor& g : gradients)
        ran[op.id()].gradients.push_back(g.defined() && g.numel() <= kSmall ? g.detach().clone() : Tensor());
    };
    listener.reads = [&](const TapeNode& op, const Tensor& saved) { ran[op.id()].read(saved); };
    listener.collected = [&](const TapeNode& leaf, const Tensor& dense, const RowGrad* rows) {
      add_leaf_gradient(dense, rows, out_["nodes"][place_.at(leaf.id())]);
    };
    walk_back(loss, listener);
    for (const TapeNode& node : nodes_) {
      Json& entry = out_["nodes"][place_.at(node.id())];
      auto found = ran.find(node.output() < 0 ? node.id() : node.inputs()[0].id());
      if (found == ran.end()) continue;
      const std::vector<Tensor>& gradients = found->second.gradients;
      auto output = static_cast<size_t>(std::max<int64_t>(node.output(), 0));
      bool is_op_of_several = several_.contains(place_.at(node.id()));
      if (!is_op_of_several && output < gradients.size() && gradients[output].defined())
        entry["gradient"] = values_of(gradients[output]);
      if (node.output() < 0) add_saved(found->second.saved, entry);
    }
  }

  static void add_leaf_gradient(const Tensor& dense, const RowGrad* rows, Json& entry) {
    if (rows) {
      entry["rows"] = text(rows->count(), " of ", rows->rows(), " rows");
      if (rows->values().numel() <= kSmall) {
        entry["rowIds"] = values_of(rows->indices());
        entry["gradient"] = values_of(rows->values());
      }
    } else if (dense.numel() <= kSmall) {
      entry["gradient"] = values_of(dense);
    }
  }

  // Storages that an earlier op keeps, too, and those of leaves count no more.
  void add_saved(const std::vector<Ran::Saved>& saved, Json& entry) {
    int64_t kept = 0;
    for (const auto& [x, leaf] : saved) {
      auto same = [&x = x](const Tensor& other) { return other.shares_storage(x); };
      bool counted = !leaf && std::none_of(counted_.begin(), counted_.end(), same);
      if (counted) {
        counted_.push_back(x);
        kept += x.storage_bytes();
      }
      entry["saved"].push_back({{"shape", text(x.shape())},
                                {"dtype", name(x.dtype())},
                                {"bytes", x.storage_bytes()},
                                {"note", leaf      ? "a leaf: there anyway"
                                         : counted ? ""
                                                   : "counted before"}});
    }
    entry["kept"] = kept;
  }

  const GraphTrace::Trace* trace_;
  std::vector<TapeNode> nodes_;  // in the order of the page's numbers
  std::unordered_map<const void*, size_t> place_;
  std::unordered_map<const void*, const nn::ParameterRef*> parameters_;
  std::unordered_set<size_t> several_;  // the places of ops with several outputs
  std::vector<Tensor> counted_;         // one of each storage
  Json out_{{"nodes", Json::array()}, {"forward", Json::array()}};
};

extern const char graph_page_text[];  // train/pictures/pages/graph.html, with its style and script

namespace {

// One HTML file with `json` and the script that draws it.
std::string graph_page(std::string json) {
  for (size_t at = 0; (at = json.find('<', at)) != std::string::npos; at += 6)
    json.replace(at, 1, "\\u003c");  // or "</script>" in a name would end it
  constexpr std::string_view place = "/*graph*/";
  std::string page = graph_page_text;
  return page.replace(page.find(place), place.size(), json);
}

}  // namespace

void write_graph_html(const Tensor& loss, const std::string& path, const GraphOptions& options) {
  check(loss.numel() == 1 && loss.requires_grad(), "write_graph_html",
        "Needs a loss of one element that requires a gradient, got shape ", loss.shape(),
        loss.requires_grad() ? "" : " off the tape");
  std::string page = graph_page(GraphReader(loss, options).json());
  write_file_atomically(path, page);
}

}  // namespace lexigrad::train
