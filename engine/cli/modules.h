// SPDX-License-Identifier: MIT
// The modules that a workflow requires: files beside it, sent and pinned with it.
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

// An object of texts by name: everything that `text`, the script in the file at
// `path`, and what it requires, require by a literal name. NULL: the error names who
// requires it and the path that was tried. The caller decrefs.
json_t *modules_json(const char *path, struct slice text, struct err *err);
