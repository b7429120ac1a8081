#include "ml/head/kernel.h"

#include <cblas.h>

#include <algorithm>

#include "ml/head/vector_math.h"

namespace mp::ml {

void use_single_threaded_blas() {
  if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
}

void rbf_block(const float* a, const float* a_norms, std::size_t na, const float* b, const float* b_norms,
               std::size_t nb, std::size_t d, float gamma, float* out, std::size_t ld) {
  if (na == 0 || nb == 0) return;
  if (d == 0) {
    for (std::size_t i = 0; i < na; ++i) std::fill_n(out + i * ld, nb, 1.f);
    return;
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(na), int(nb), int(d), 1.f, a, int(d), b, int(d), 0.f, out,
              int(ld));
  for (std::size_t i = 0; i < na; ++i) rbf_from_dots(out + i * ld, b_norms, a_norms[i], gamma, nb);
}

}  // namespace mp::ml
