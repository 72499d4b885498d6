#include "lexigrad/nn/module.h"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/module_access.h"

namespace lexigrad::nn {

std::vector<ParameterRef> Module::parameters() const {
  std::vector<detail::Slot> slots = detail::ModuleAccess::slots(*this);
  std::vector<ParameterRef> out;
  std::vector<size_t> place(slots.size());  // in `out`, of each slot
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto& [path, parameter, first] = slots[i];
    place[i] = first == i ? out.size() : place[first];
    if (first == i) out.emplace_back(*parameter, path);
    std::shared_ptr<RowRules>& rules = out[place[i]].rules;
    if (parameter->rules && (!rules || rules->plain())) rules = parameter->rules;
  }
  return out;
}

NamedTensors Module::named_parameters() const {
  NamedTensors out;
  for (const ParameterRef& parameter : parameters()) out.emplace_back(parameter.name, parameter);
  return out;
}

int64_t Module::num_parameters() const {
  int64_t total = 0;
  for (const ParameterRef& parameter : parameters()) total += parameter.numel();
  return total;
}

NamedTensors Module::state() const {
  NamedTensors out;
  for (const detail::Slot& slot : detail::ModuleAccess::slots(*this))
    out.emplace_back(slot.path, slot.parameter->detach());
  for (const auto& [path, buffer] : detail::ModuleAccess::buffers(*this))
    out.emplace_back(path, buffer->detach());
  return out;
}

void Module::load_state(const NamedTensors& state) { copy_state(type_name(), this->state(), state); }

void Module::train(bool on) {
  training_ = on;
  for (Module* child : detail::ModuleAccess::children(*this)) child->train(on);
}

void Module::to(Dtype dtype) {
  check(is_floating(arithmetic_dtype(dtype)), "to", "Parameters are float32, float64 or bfloat16, not ",
        lexigrad::name(dtype));
  std::vector<detail::Slot> slots = detail::ModuleAccess::slots(*this);
  for (size_t i = 0; i < slots.size(); ++i) {
    Parameter& parameter = *slots[i].parameter;
    bool wanted = parameter.requires_grad();
    if (slots[i].first < i)
      parameter.tie(*slots[slots[i].first].parameter);
    else if (Dtype own = parameter.rank() >= 2 ? dtype : arithmetic_dtype(dtype); parameter.dtype() != own)
      parameter.tie(parameter.detach().to(own).requires_grad_(wanted));
  }
  for (const auto& [path, buffer] : detail::ModuleAccess::buffers(*this))
    if (is_floating(buffer->dtype())) *buffer = Buffer(buffer->to(arithmetic_dtype(dtype)));
}

void Module::zero_grad() const {
  for (const ParameterRef& parameter : parameters()) parameter.zero_grad();
}

void Module::requires_grad_(bool on) {
  for (const ParameterRef& parameter : parameters()) parameter.requires_grad_(on);
}

std::vector<Module*> Module::children() const { return detail::ModuleAccess::children(*this); }

void Module::apply(const std::function<void(Module&)>& f) {
  for (Module* child : children()) child->apply(f);
  f(*this);
}

namespace {

// A parameter of a clone, of what the original's is but for the values.
void form_like(Parameter& parameter, const Parameter& original) {
  if (parameter.dtype() != original.dtype()) parameter.tie(parameter.detach().to(original.dtype()));
  parameter.requires_grad_(original.requires_grad());
  if (original.rules && parameter.rules) *parameter.rules = *original.rules;
}

void take_modes(Module& module, const Module& original) {
  module.train(original.is_training());
  std::vector<Module*> to = module.children(), from = original.children();
  for (size_t i = 0; i < std::min(to.size(), from.size()); ++i) take_modes(*to[i], *from[i]);
}

}  // namespace

void Module::become(const Module& other) {
  std::vector<detail::Slot> own = detail::ModuleAccess::slots(*this),
                            theirs = detail::ModuleAccess::slots(other);
  for (size_t i = 0; i < std::min(own.size(), theirs.size()) && own[i].path == theirs[i].path; ++i) {
    if (theirs[i].first < i)
      own[i].parameter->tie(*own[theirs[i].first].parameter);
    else
      form_like(*own[i].parameter, *theirs[i].parameter);
  }
  auto buffers = detail::ModuleAccess::buffers(other);
  for (const auto& [path, buffer] : detail::ModuleAccess::buffers(*this))
    for (const auto& [name, original] : buffers)
      if (name == path) *buffer = Buffer(buffer->to(original->dtype()));
  load_state(other.state());
  take_modes(*this, other);
}

std::string Module::type_name() const { return detail::ModuleAccess::listed(*this).type; }

namespace {

std::string indented(std::string text) {
  for (size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    text.insert(at + 1, "  ");
  return text;
}

std::string block(const std::string& name, const std::vector<std::string>& lines) {
  std::string out = name + "(";
  for (const std::string& line : lines) out += "\n  " + indented(line);
  return out + (lines.empty() ? ")" : "\n)");
}

// "(0-1): 2 x Linear(...)": neighbours that print alike share a line, as
// in PyTorch's ModuleList.
std::vector<std::string> grouped(const std::vector<std::string>& items) {
  std::vector<std::string> lines;
  for (size_t i = 0, end; i < items.size(); i = end) {
    for (end = i + 1; end < items.size() && items[end] == items[i];) ++end;
    lines.push_back(end == i + 1 ? text("(", i, "): ", items[i])
                                 : text("(", i, "-", end - 1, "): ", end - i, " x ", items[i]));
  }
  return lines;
}

std::string print(const detail::Member& member) {
  if (member.module) return to_string(*member.module);
  std::vector<std::string> items;
  for (const detail::Member& item : member.items) items.push_back(print(item));
  return block("ModuleList", grouped(items));
}

// Parameters do not print: only children and lists of them.
bool prints(const detail::Member& member) {
  return member.module || (member.is_list && (member.items.empty() || prints(member.items.front())));
}

// A line for each; the children of an unnamed one stand in its place.
void add_lines(const std::vector<detail::Member>& members, std::vector<std::string>& lines) {
  for (const detail::Member& member : members) {
    if (!prints(member)) continue;
    if (!member.name.empty())
      lines.push_back(text("(", member.name, "): ", print(member)));
    else if (member.module)
      add_lines(detail::ModuleAccess::listed(*member.module).list, lines);
    else
      add_lines(member.items, lines);
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Module& module) {
  detail::Members members = detail::ModuleAccess::listed(module);
  std::string extra = module.extra_repr();
  std::vector<std::string> lines;
  add_lines(members.list, lines);
  if (lines.empty()) return out << members.type << "(" << extra << ")";
  if (!extra.empty()) lines.insert(lines.begin(), extra);
  return out << block(members.type, lines);
}

std::string to_string(const Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

}  // namespace lexigrad::nn
