#include "lexigrad/nn/scope.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/module_access.h"

namespace lexigrad::nn {
namespace detail {

constinit thread_local const Module* running_module = nullptr;

namespace {

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "." + b;
}

// The path of `wanted` below `module`, "layers.0.value"; empty where it is not there. Modules
// between that enter no scope have their part in it.
std::string path_below(const Module& module, const Module& wanted);

std::string path_below(const Member& member, const Module& wanted) {
  if (member.module == &wanted) return member.name;
  if (member.module)
    if (std::string path = path_below(*member.module, wanted); !path.empty())
      return joined(member.name, path);
  for (const Member& item : member.items)
    if (std::string path = path_below(item, wanted); !path.empty()) return joined(member.name, path);
  return {};
}

std::string path_below(const Module& module, const Module& wanted) {
  for (const Member& member : ModuleAccess::listed(module).list)
    if (std::string path = path_below(member, wanted); !path.empty()) return path;
  return {};
}

}  // namespace

uint32_t ModuleAccess::enter(const Module& module, const Module* parent, uint32_t parent_scope) {
  own_list(module);
  std::string name = parent ? path_below(*parent, module) : "";
  uint32_t own = lexigrad::detail::scope_below(parent_scope, name.empty() ? module.type_name() : name);
  module.last_scope_.put(parent_scope, own);
  return own;
}

}  // namespace detail

namespace {

template <class F>
Hook append(std::vector<std::shared_ptr<F>>& hooks, F hook) {
  auto shared = std::make_shared<F>(std::move(hook));
  hooks.push_back(shared);
  return Hook([weak = std::weak_ptr(shared)] {
    if (auto f = weak.lock()) *f = nullptr;
  });
}

}  // namespace

std::string module_path() { return lexigrad::detail::scope_path(lexigrad::detail::current_scope); }

Scope::Scope(const Module& module)
    : module_(detail::running_module), scope_(lexigrad::detail::current_scope) {
  if (module_ == &module) return;  // one method of it calls another
  uint32_t own = module.last_scope_.below(scope_);
  lexigrad::detail::current_scope = own ? own : detail::ModuleAccess::enter(module, module_, scope_);
  detail::running_module = &module;
}

Hook Module::register_forward_pre_hook(ForwardPreHook hook) {
  if (!hooks_) hooks_ = std::make_unique<detail::ModuleHooks>();
  return append(hooks_->before, std::move(hook));
}

Hook Module::register_forward_hook(ForwardHook hook) {
  if (!hooks_) hooks_ = std::make_unique<detail::ModuleHooks>();
  return append(hooks_->after, std::move(hook));
}

Tensor Module::before(Tensor input) const {
  for (size_t i = 0; i < hooks_->before.size(); ++i) {  // by index: a hook may add another
    std::shared_ptr<ForwardPreHook> hook = hooks_->before[i];
    if (!*hook) continue;
    if (Tensor other = (*hook)(*this, input); other.defined()) input = std::move(other);
  }
  return input;
}

Tensor Module::after(const Tensor& input, Tensor output) const {
  for (size_t i = 0; i < hooks_->after.size(); ++i) {
    std::shared_ptr<ForwardHook> hook = hooks_->after[i];
    if (!*hook) continue;
    if (Tensor other = (*hook)(*this, input, output); other.defined()) output = std::move(other);
  }
  return output;
}

void Module::refuse(const char* what) const {
  fail(type_name(), text("A hook returned another ", what, ", and the module's ", what,
                         " is no tensor. Hint: return Tensor(), which keeps it"));
}

}  // namespace lexigrad::nn
