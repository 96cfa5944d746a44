// SPDX-License-Identifier: MIT
// Inventories from texts, and what is asked of them. Files are written into a new
// directory below TMPDIR, which goes again with the file.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "inventory/inventory.h"

// What the program of an executable inventory may take in these tests.
enum { FIXTURE_PROGRAM_MS = 2000 };

// The inventory of a file of that name with that text; fails the test when it is none.
struct inventory *fixture_open(const char *name, const char *text);
// The same of bytes; the result is the code, and err says why.
int fixture_try(const char *name, struct slice text, bool executable, struct inventory **ret,
                struct err *err);
// The text is refused with a sentence that has `why` in it.
void fixture_refuses(const char *name, const char *text, const char *why);
void fixture_refuses_program(const char *text, const char *why);
struct inventory *fixture_open_program(const char *text);

// The set names these hosts, separated by spaces.
void fixture_names(const struct inventory *inventory, const char *set, const char *wanted);
// The set is refused with this code and a sentence that has `why` in it.
void fixture_refuses_set(const struct inventory *inventory, const char *set, int code,
                         const char *why);
// The member of the host's row (dest, groups, vars), as compact JSON with sorted keys.
void fixture_host(const struct inventory *inventory, const char *host, const char *member,
                  const char *wanted);
void fixture_refuses_host(const struct inventory *inventory, const char *host, const char *why);
