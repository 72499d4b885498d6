#include "lexigrad/nn/module_access.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::nn::detail {
namespace {

// Where a listed entry lies: itself, or all of a child, which checks its own inside.
void add_ranges(const Member& member, std::vector<Range>& out) {
  if (member.parameter) out.push_back({reinterpret_cast<const char*>(member.parameter), sizeof(Parameter)});
  if (member.buffer) out.push_back({reinterpret_cast<const char*>(member.buffer), sizeof(Buffer)});
  if (member.module) {
    Members child = ModuleAccess::listed(*member.module);
    out.push_back({child.begin, child.size});
  }
  for (const Member& item : member.items) add_ranges(item, out);
}

void add_modules(const Member& member, std::vector<Module*>& out) {
  if (member.module) out.push_back(member.module);
  for (const Member& item : member.items) add_modules(item, out);
}

std::string describe(const Tracked* object, Kind kind) {
  if (kind == Kind::module) return ModuleAccess::listed(*static_cast<const Module*>(object)).type;
  if (kind == Kind::buffer) return "Buffer";
  const auto& parameter = *static_cast<const Parameter*>(object);
  return parameter.defined() ? text("Parameter ", parameter.shape()) : "undefined Parameter";
}

// f(path, member) for each parameter and buffer of the member, depth first.
template <class F>
void visit(const Member& member, const std::string& prefix, const F& f) {
  std::string path = prefix + (prefix.empty() || member.name.empty() ? "" : ".") + member.name;
  if (member.parameter || member.buffer) f(path, member);
  if (member.module)
    for (const Member& inner : ModuleAccess::members(*member.module).list) visit(inner, path, f);
  for (const Member& item : member.items) visit(item, path, f);
}

}  // namespace

Members ModuleAccess::listed(const Module& module) {
  return const_cast<Module&>(module).members_of_LEXIGRAD_MODULE();
}

Members ModuleAccess::own_list(const Module& module) {
  Members out = listed(module);
  check(typeid(module) == *out.id, out.type, typeid(module), " is derived from ", out.type,
        " and has no LEXIGRAD_MODULE of its own. Hint: add LEXIGRAD_MODULE(", typeid(module),
        ", ...) with all members to its body");
  return out;
}

Members ModuleAccess::members(const Module& module) {
  Members out = own_list(module);
  std::vector<Range> known{{reinterpret_cast<const char*>(&module), sizeof(Module)}};
  for (const Member& member : out.list) add_ranges(member, known);
  for (auto [object, kind] : living_in({out.begin, out.size}))
    check(std::any_of(known.begin(), known.end(), [o = object](const Range& r) { return r.holds(o); }),
          out.type, "A member of ", out.type,
          " is not listed and would never train: ", describe(object, kind), " at byte ",
          reinterpret_cast<const char*>(object) - out.begin, ". Hint: add it to LEXIGRAD_MODULE(", out.type,
          ", ...)");
  return out;
}

std::vector<Module*> ModuleAccess::children(const Module& module) {
  std::vector<Module*> out;
  for (const Member& member : members(module).list) add_modules(member, out);
  return out;
}

std::vector<Slot> ModuleAccess::slots(const Module& module) {
  std::vector<Slot> out;
  for (const Member& member : members(module).list)
    visit(member, "", [&](const std::string& path, const Member& at) {
      if (!at.parameter || !at.parameter->defined()) return;
      auto same = [&](const Slot& slot) { return slot.parameter->id() == at.parameter->id(); };
      auto first = std::find_if(out.begin(), out.end(), same);
      out.push_back({path, at.parameter, static_cast<size_t>(first - out.begin())});
    });
  return out;
}

std::vector<std::pair<std::string, Buffer*>> ModuleAccess::buffers(const Module& module) {
  std::vector<std::pair<std::string, Buffer*>> out;
  for (const Member& member : members(module).list)
    visit(member, "", [&](const std::string& path, const Member& at) {
      if (at.buffer && at.buffer->defined()) out.emplace_back(path, at.buffer);
    });
  return out;
}

}  // namespace lexigrad::nn::detail
