// One table of functions for each instruction set and element type, and the choice among them: the two ends
// of every kernel file. In between a file keeps its functions in an anonymous namespace within HWY_NAMESPACE,
// since other files have functions of the same name.
#pragma once
#include "hwy/highway.h"

/// Within HWY_NAMESPACE: fills a Table<T>, a struct of function pointers, with functions named for T.
#define LEXIGRAD_KERNELS(Table, ...)                           \
  template <class T>                                           \
  const Table<T>& table() {                                    \
    static constexpr Table<T> kTable = {__VA_ARGS__};          \
    return kTable;                                             \
  }                                                            \
  const Table<float>& table_float() { return table<float>(); } \
  const Table<double>& table_double() { return table<double>(); }

/// Under HWY_ONCE: table(T{}) is the Table<T> of the best instruction set that this machine has.
#define LEXIGRAD_DISPATCH(Table)                                                      \
  namespace {                                                                         \
  HWY_EXPORT(table_float);                                                            \
  HWY_EXPORT(table_double);                                                           \
  const Table<float>& table(float) { return HWY_DYNAMIC_DISPATCH(table_float)(); }    \
  const Table<double>& table(double) { return HWY_DYNAMIC_DISPATCH(table_double)(); } \
  }  // namespace
