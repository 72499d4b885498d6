# cmake --install: the library, its headers, the command and its library where they were built, and what
# find_package(lexigrad) and find_package(lexigrad COMPONENTS command) read.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lexigrad)

install(TARGETS lexigrad EXPORT lexigradTargets)
install(EXPORT lexigradTargets NAMESPACE lexigrad:: DESTINATION ${package_dir})
if(TARGET lexigrad_command)
  install(TARGETS lexigrad_command)
  install(TARGETS lexigrad_command_line EXPORT lexigradCommandTargets)
  install(EXPORT lexigradCommandTargets NAMESPACE lexigrad:: DESTINATION ${package_dir})
endif()
if(TARGET lexigrad_command)
  list(APPEND LEXIGRAD_HEADERS train/tools/command_line.h)
endif()
foreach(header IN LISTS LEXIGRAD_HEADERS)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lexigrad/${folder})
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

write_basic_package_version_file(lexigradConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/lexigradConfig.cmake cmake/FindCBLAS.cmake ${CMAKE_CURRENT_BINARY_DIR}/lexigradConfigVersion.cmake
  DESTINATION ${package_dir})
