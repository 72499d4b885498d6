// Layers that must not compile, each with a message that names what to write: one where its macro is defined.
#include "lexigrad/nn/layers/linear.h"

using namespace lexigrad;

class Gate : public nn::Module {
 public:
  Tensor forward(const Tensor& x) const { return value_(x); }

 private:
  nn::Linear value_{2, 2};
#ifdef LINE
  LEXIGRAD_MODULE(Gate, value_)
#endif
};

#ifdef MADE
Gate gate;
#elif defined(CALLED)
Tensor call(const Gate& gate) { return gate(ones({2})); }
#elif defined(CALLED_AS_MODULE)
Tensor call(const nn::Module& gate) { return gate(ones({2})); }
#endif
