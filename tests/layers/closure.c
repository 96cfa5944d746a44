// SPDX-License-Identifier: MIT
// That this program links is the test: see CMakeLists.txt.
int main(void) { return 0; }
