#include "lexigrad/autograd/tape/observer.h"

#include "lexigrad/autograd/tape/row_grad.h"

namespace lexigrad::detail {
namespace {

// The observers of this thread, also while one of them is at work.
constinit thread_local TapeObserver* first = nullptr;

}  // namespace

constinit thread_local TapeObserver* observers = nullptr;

TapeObserver::TapeObserver() : next_(first) { first = observers = this; }

TapeObserver::~TapeObserver() {
  TapeObserver** place = &first;
  while (*place != this) place = &(*place)->next_;
  *place = next_;
  observers = first;
}

template <class F>
void Observers::each(const F& tell) {
  struct Silence {
    Silence() { observers = nullptr; }
    ~Silence() { observers = first; }
  } silence;
  for (TapeObserver* observer = first; observer; observer = observer->next_) tell(*observer);
}

void Observers::made(const char* op, std::span<const Tensor> outputs, const Tensor* const* inputs,
                     int count) {
  each([&](TapeObserver& o) { o.made(op, outputs, inputs, count); });
}
void Observers::running(Node& node, std::span<const Tensor> dy) {
  each([&](TapeObserver& o) { o.running(node, dy); });
}
void Observers::gradient(const char* rule, int index, const Tensor& g) {
  each([&](TapeObserver& o) { o.gradient(rule, index, g); });
}
void Observers::gradient(const char* rule, int index, const RowGrad& g) {
  each([&](TapeObserver& o) { o.gradient(rule, index, g); });
}
void Observers::read(const Tensor& saved) {
  each([&](TapeObserver& o) { o.read(saved); });
}

}  // namespace lexigrad::detail
