// Who is asked before rows of a table are read: an optimizer that lets rows wait until then.
#pragma once
#include <functional>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// While it lives, ops that look rows of the table up call `read` with the ids (any shape and dtype, not yet
/// checked) before they do. Of several readers of a table the newest is called.
class RowReader {
 public:
  RowReader(const Tensor& table, std::function<void(const Tensor& ids)> read);
  ~RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

 private:
  const void* table_;
};

namespace detail {
/// Calls the table's reader, where it has one.
void about_to_read(const Tensor& table, const Tensor& ids);
}  // namespace detail

}  // namespace lexigrad
