#include <cstdio>
#include <ostream>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/differences.h"
#include "lexigrad/autograd/checks/gradcheck.h"

namespace lexigrad {

using detail::place_of;

namespace {

std::string short_number(double x, const char* format) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, format, x);
  std::string out = buffer;
  if (size_t zero = out.find("e-0"); zero != std::string::npos) out.erase(zero + 2, 1);
  return out;
}

std::string numbers_of(const GradEntry& e) {
  return text(": analytic ", short_number(e.analytic, "%.4g"), ", numeric ", short_number(e.numeric, "%.4g"),
              " (off by ", short_number(e.error(), "%.1e"), ", allowed ", short_number(e.allowed, "%.0e"),
              ")");
}

std::string left_out_of(const GradcheckResult& result) {
  if (result.left_out.empty()) return "";
  std::string count;
  if (result.left_out_count > 0)
    count = text(" ", result.left_out_count, " of ", result.left_out_count + result.checked);
  return text(", left out", count, ": ", result.left_out);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const GradcheckResult& result) {
  const GradEntry& w = result.worst;
  out << w.op << ": ";
  if (result.ok)
    out << text("ok, ", result.checked, " entries, worst ", short_number(w.error(), "%.1e"), " at ",
                place_of(w));
  else
    out << result.why << (result.why.empty() || result.wrong_count == 0 ? "" : "; ")
        << (result.wrong_count == 0 ? "" : place_of(w) + numbers_of(w));
  return out << left_out_of(result);
}

std::string GradcheckResult::report() const {
  std::ostringstream out;
  out << *this << "\n";
  if (wrong.empty()) return out.str();
  out << text(wrong_count, " of ", checked, " entries are wrong:\n");
  for (const GradEntry& entry : wrong) out << "  " << place_of(entry) << numbers_of(entry) << "\n";
  int64_t more = wrong_count - static_cast<int64_t>(wrong.size());
  if (more > 0) out << text("  and ", more, " more\n");
  return out.str();
}

}  // namespace lexigrad
