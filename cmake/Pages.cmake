# Run at build time: PAWL (the program), OUT (a directory). Writes the manual pages and the
# completions that are installed, as the program itself has them.
file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${OUT}/man1)

function(pawl_says file)
  execute_process(COMMAND ${PAWL} ${ARGN} OUTPUT_FILE ${OUT}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

pawl_says(man1/pawl.1 help --man)
execute_process(COMMAND ${CMAKE_COMMAND} -E env PAWL_HOME=${OUT} ${PAWL} completion --words -- help ""
  OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "(^|\n)[a-z]+\t" verbs "${lines}")
string(REGEX REPLACE "[\n\t]" "" verbs "${verbs}")
if(NOT verbs)
  message(FATAL_ERROR "the program names no verbs: ${lines}")
endif()
foreach(verb ${verbs})
  pawl_says(man1/pawl-${verb}.1 help --man ${verb})
endforeach()
pawl_says(pawl completion bash)
pawl_says(_pawl completion zsh)
pawl_says(pawl.fish completion fish)
