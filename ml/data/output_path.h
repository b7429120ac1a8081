// Where an export may go: never over an image or another program's data. Looks at the disk; any thread.
#pragma once
#include <string>

#include "engine/base/error.h"
#include "ml/data/pool.h"

namespace mp::ml {

/// A text file may be written here: nothing is there yet, or text. Errors: a file that is no text, or named like an image.
Result<void> check_text_output(const std::string& file);

/// Many files may be written into this folder. Error: it is or lies in a folder of the project's source images.
Result<void> check_output_folder(const std::string& folder, const Pool& pool);

}  // namespace mp::ml
