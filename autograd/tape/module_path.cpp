#include "lexigrad/autograd/tape/module_path.h"

#include <map>
#include <mutex>
#include <vector>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/base/fork/made_once.h"

namespace lexigrad::detail {
namespace {

struct Paths {
  ForkMutex mutex;
  std::vector<std::string> list{""};  // by number
  std::map<std::string, uint32_t, std::less<>> numbers;
};

// Nodes with static storage may outlive any object that is destroyed.
Paths& paths() {
  return made_once([] { return Paths(); });
}

}  // namespace

constinit thread_local uint32_t current_scope = 0;

uint32_t scope_below(uint32_t parent, std::string_view name) {
  std::lock_guard lock(paths().mutex);
  std::string path = paths().list[parent];
  if (!path.empty()) path += '.';
  path += name;
  auto [found, is_new] = paths().numbers.try_emplace(path, static_cast<uint32_t>(paths().list.size()));
  if (is_new) paths().list.push_back(std::move(path));
  return found->second;
}

std::string scope_path(uint32_t scope) {
  std::lock_guard lock(paths().mutex);
  return paths().list[scope];
}

}  // namespace lexigrad::detail
