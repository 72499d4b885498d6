#include "lexigrad/autograd/tape/grad_mode.h"

namespace lexigrad {
namespace {
constinit thread_local bool recording = true;
}

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }

detail::Recording::Recording(bool on) : before_(recording) { recording = on; }
detail::Recording::~Recording() { recording = before_; }

}  // namespace lexigrad
