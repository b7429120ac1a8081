// How many threads OpenBLAS may use in these tests: two, but one under ThreadSanitizer, which cannot see the hand-off
// between the threads of a library that is not instrumented and reports a race in every product.
#pragma once

#ifdef __SANITIZE_THREAD__
constexpr int kBlasThreads = 1;
#else
constexpr int kBlasThreads = 2;
#endif
