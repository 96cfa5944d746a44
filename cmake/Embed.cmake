# pawl_embed(TARGET SYMBOL FILES... [JOINED NAME]): compiles files into a target as byte
# arrays; JOINED: all of them as one, of that name. Gives
# `const struct embedded_file SYMBOL[]`, ended by a NULL name, declared in
# base/embedded.h. Written by CMake itself, so that a build needs no other tool.
function(pawl_embed target symbol)
  cmake_parse_arguments(arg "" "JOINED" "" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/generated/${symbol}.c)
  set(paths "")
  foreach(file ${arg_UNPARSED_ARGUMENTS})
    list(APPEND paths ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} "-DFILES=${paths}"
            "-DJOINED=${arg_JOINED}" -P ${PROJECT_SOURCE_DIR}/cmake/EmbedScript.cmake
    DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/EmbedScript.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
