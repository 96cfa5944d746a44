// SPDX-License-Identifier: MIT
// Where this machine keeps its time zones.
#pragma once

#include "base/buf.h"
#include "base/err.h"

// Appends the TZif file of a zone, by a name that zone_name_is_sound; NULL: what TZ or
// /etc/localtime say. -ENOENT.
int zone_file_read(const char *name, struct buf *ret, struct err *err);
