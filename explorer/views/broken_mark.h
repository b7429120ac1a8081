// The mark of a picture that cannot be read or decoded: a torn frame, so that there is no hole. Main thread.
#pragma once
#include "engine/base/math.h"

struct ImDrawList;

namespace mp::explorer {

/// In the middle of `px`, or small in its upper right corner where something older or coarser is shown.
void broken_mark(ImDrawList& list, Rect px, bool in_corner);

}  // namespace mp::explorer
