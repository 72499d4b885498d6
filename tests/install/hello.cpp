// What a user's first program needs: an installed header, the library, and what the library links.
#include <lexigrad/autograd/base/parallel.h>

#include <iostream>

int main() { std::cout << "lexigrad uses " << lexigrad::num_threads() << " threads\n"; }
