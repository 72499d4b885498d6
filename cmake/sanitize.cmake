# cmake -C cmake/sanitize.cmake: clang with warnings as errors, AddressSanitizer, UBSan and the fuzzers. Without its flag
# clang's -O1 inlines no function of the standard library.
set(LEXIGRAD_WERROR ON CACHE BOOL "")
set(LEXIGRAD_SANITIZE address,undefined,fuzzer-no-link CACHE STRING "")
set(CMAKE_CXX_COMPILER clang++-14 CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -finline-functions -D_GLIBCXX_ASSERTIONS" CACHE STRING "")
