#include "lexigrad/nn/tracked.h"

#include <map>
#include <mutex>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/base/fork/made_once.h"

namespace lexigrad::nn::detail {
namespace {

struct Living {
  lexigrad::detail::ForkMutex mutex;
  std::map<const Tracked*, Kind> objects;
};

// Modules with static storage may outlive any object that is destroyed.
Living& living() {
  return lexigrad::detail::made_once([] { return Living(); });
}

}  // namespace

Tracked::Tracked(Kind kind) {
  std::lock_guard lock(living().mutex);
  living().objects[this] = kind;
}

Tracked::Tracked(Tracked&& other) noexcept {
  std::lock_guard lock(living().mutex);
  living().objects[this] = living().objects.at(&other);
}

Tracked::~Tracked() {
  std::lock_guard lock(living().mutex);
  living().objects.erase(this);
}

std::vector<std::pair<const Tracked*, Kind>> living_in(const Range& range) {
  std::lock_guard lock(living().mutex);
  std::vector<std::pair<const Tracked*, Kind>> out;
  auto at = living().objects.lower_bound(reinterpret_cast<const Tracked*>(range.begin));
  for (; at != living().objects.end() && range.holds(at->first); ++at) out.push_back(*at);
  return out;
}

}  // namespace lexigrad::nn::detail
