// SPDX-License-Identifier: MIT
// Values in Ansible's INI files: what Python would read as a literal is one (numbers,
// True, False, None, quoted text, lists, tuples and dicts of these), everything else
// is text as it stands. Private to the layer.
#pragma once

#include <jansson.h>

#include "base/slice.h"

// A new value; NULL: no memory, or the text is not UTF-8.
json_t *literal_json(struct slice text);
