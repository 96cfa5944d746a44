# How our own code is compiled. Linked by every target of ours, never exported
# to a dependency.
add_library(pawl_options INTERFACE)
target_compile_definitions(pawl_options INTERFACE _GNU_SOURCE)
target_include_directories(pawl_options INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/engine ${PROJECT_BINARY_DIR}/generated)
target_compile_options(pawl_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wundef -Wvla -Wwrite-strings -Wformat=2 -Wswitch-enum
  -fno-strict-overflow -fno-omit-frame-pointer)
if(PAWL_WERROR)
  target_compile_options(pawl_options INTERFACE -Werror)
endif()
if(PAWL_SANITIZE)
  target_compile_options(pawl_options INTERFACE
    -fsanitize=${PAWL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(pawl_options INTERFACE -fsanitize=${PAWL_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # Hardening for what people run; sanitizer builds must not have it.
  target_compile_options(pawl_options INTERFACE
    -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection)
  target_link_options(pawl_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
# Assertions guard our own invariants: they stay on in every build.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")

# pawl_layer(NAME SOURCES ... USES ...): one static library per layer. USES names
# the layers below and the libraries that this layer may see, and nothing else.
function(pawl_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(pawl_${name} STATIC ${ARG_SOURCES})
  add_library(pawl::${name} ALIAS pawl_${name})
  target_link_libraries(pawl_${name} PUBLIC ${ARG_USES} PRIVATE pawl_options)
endfunction()
