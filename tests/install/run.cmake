# Installs the build folder BINARY into WORK, moves the installation elsewhere, and builds and runs the outside project
# with it. The move shows that no path of the build is left in it.
set(steps COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BINARY} --prefix ${WORK}/first ${steps})
file(RENAME ${WORK}/first ${WORK}/moved)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=${WORK}/moved
  "-DEXAMPLES=${EXAMPLES}" ${steps})
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build ${steps})
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error ${steps})
# A program brings what it uses of the library: one table and one step are about 1.5 MB, all layers 2.5.
file(SIZE ${WORK}/build/hello size)
if(size GREATER 2000000)
  message(FATAL_ERROR "The smallest program has ${size} bytes. Hint: what does a header construct that no one asked for?")
endif()
if(EXISTS ${WORK}/moved/bin/lexigrad)
  execute_process(COMMAND ${WORK}/moved/bin/lexigrad --version ${steps})
endif()
