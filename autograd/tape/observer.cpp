#include "lexigrad/autograd/tape/observer.h"

#include "lexigrad/autograd/tape/row_grad.h"

namespace lexigrad::detail {
namespace {

// All of this thread, also while one of them is at work.
constinit thread_local Watcher* first = nullptr;

}  // namespace

constinit thread_local Watcher* watchers = nullptr;

Watcher::Watcher() : next_(first) { first = watchers = this; }

Watcher::~Watcher() {
  Watcher** place = &first;
  while (*place != this) place = &(*place)->next_;
  *place = next_;
  watchers = first;
}

template <class F>
void Watch::each(const F& tell) {
  struct Silence {
    Silence() { watchers = nullptr; }
    ~Silence() { watchers = first; }
  } silence;
  for (Watcher* watcher = first; watcher; watcher = watcher->next_) tell(*watcher);
}

void Watch::made(const char* op, const Tensor& y, const Tensor* const* inputs, int count) {
  each([&](Watcher& w) { w.made(op, y, inputs, count); });
}
void Watch::running(Node& node, const Tensor& dy) {
  each([&](Watcher& w) { w.running(node, dy); });
}
void Watch::gradient(const char* rule, int index, const Tensor& g) {
  each([&](Watcher& w) { w.gradient(rule, index, g); });
}
void Watch::gradient(const char* rule, int index, const RowGrad& g) {
  each([&](Watcher& w) { w.gradient(rule, index, g); });
}
void Watch::read(const Tensor& saved) {
  each([&](Watcher& w) { w.read(saved); });
}

}  // namespace lexigrad::detail
